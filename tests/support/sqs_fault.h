// For tests: what a proxy before the emulator of Amazon SQS does to a request instead of passing it on.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leptir/clock.h"

namespace leptir {

struct SqsFault {
  enum class How {
    Refuse,       // answer with `status`, `code` and `message`; the emulator does not see the request
    LoseRequest,  // close the connection before the emulator sees it
    LoseReply,    // the emulator performs it; the connection is closed instead of an answer
    CutReply,     // the same, in the middle of the answer's body
    Delay,        // answer after `delay`
    FailEntries,  // of a batch: the entries whose Ids are in `entries` fail with `code`; the others are performed
    Duplicate,    // of ReceiveMessage: the messages are delivered, and remain visible for the next receive
  };
  static constexpr int kAlways = -1;  // as `times`: until SqsProxy::heal()

  How how = How::Refuse;
  int status = 503;
  std::string code = "ServiceUnavailable";
  std::string message{};
  std::vector<std::string> headers{};  // "Date: …", "Retry-After: 1"
  std::vector<std::string> entries{};
  bool senderFault = true;  // of failed entries
  Duration delay{};
  std::string containing{};  // only requests whose body contains this text; requests in flight arrive in any order
  int skip = 0;              // so many requests pass before
  int times = 1;             // and so many are affected
};

// The faults of a proxy. Its functions may be called from any thread.
class SqsFaults {
 public:
  void inject(const std::string& action, const SqsFault& fault);
  void clear();
  // How many were taken so far.
  int taken() const;

  // The fault of the next request, which has this action and body. Faults take effect in the order of their injection:
  // one that still skips requests, or is done, leaves a request to the next.
  std::optional<SqsFault> take(const std::string& action, std::string_view body);

 private:
  mutable std::mutex mutex_;
  std::list<std::pair<std::string, SqsFault>> injected_;
  int taken_ = 0;
};

}  // namespace leptir
