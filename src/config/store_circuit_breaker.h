// How long a command waits for servers that do not answer: each is waited for once, not again for each question.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir::config {

// Told of each store that is being opened ("broker local"), and, with an empty text, when that is over. The thread that
// opens the store calls it. Empty: not told.
using OnOpening = std::function<void(const std::string& store)>;

// A server that let its caller wait for so long before it failed is not asked again for a while: a command asks each
// store several questions, and each would wait as long again. A connection that is refused at once costs no time.
inline constexpr Duration kSlowFailureThreshold = std::chrono::milliseconds(500);
inline constexpr Duration kNotAskedAgainFor = std::chrono::seconds(20);

// A circuit breaker for each server that the stores of one configuration lie at. Any thread.
class StoreCircuitBreaker {
 public:
  StoreCircuitBreaker(OnOpening onOpening, const Clock& clock) : onOpening_(std::move(onOpening)), clock_(clock) {}

  // Opens a store at this server, unless the server has just let a caller wait in vain: then the error of that is
  // returned once more. `what` names the store for OnOpening.
  template <class Open>
  auto open(const std::string& server, const std::string& what, const Open& open) -> decltype(open()) {
    if (auto failed = failureOf(server)) return *std::move(failed);
    const auto began = clock_.bootTime();
    if (onOpening_) onOpening_(what);
    auto opened = open();
    if (onOpening_) onOpening_("");
    if (!opened) rememberSlowFailure(server, opened.error(), began);
    return opened;
  }

 private:
  struct Failure {
    Error error;
    BootTime at;
  };
  std::optional<Error> failureOf(const std::string& server);
  void rememberSlowFailure(const std::string& server, const Error& error, BootTime began);

  const OnOpening onOpening_;
  const Clock& clock_;
  std::mutex mutex_;                         // guards the next member
  std::map<std::string, Failure> failures_;  // by server
};

// Names the server of a connection: two stores with the same text wait for the same server.
std::string serverOf(const std::string& type, const Json& connection);

}  // namespace leptir::config
