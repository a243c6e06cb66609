// Delivery: sends documents to one server, and tries again where that can help.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/http_request.h"
#include "http/rate_limit.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/stop_token.h"

namespace leptir::http {

// The pause that an answer asks for before anything else is sent; none: it asks for no pause.
using PauseReader = std::function<std::optional<Duration>(const HttpAnswer&)>;
// The header Retry-After of the answers 429 and 503.
std::optional<Duration> pauseByRetryAfter(const HttpAnswer& answer);

struct DeliveryOptions {
  PauseReader pauseOf = pauseByRetryAfter;
  // What to do with a document that is refused because of such a pause: wait for its end if that lies within `total`,
  // or give up at once.
  enum class DuringPause { Wait, GiveUp } duringPause = DuringPause::Wait;
  // A server that asks for a longer pause is asked again after this time: a mistake of it must not silence its clients.
  Duration longestPause = std::chrono::minutes(5);
  // Two nouns for error messages: the setting that holds the address and the headers, and the document that is sent.
  std::string setting = "this error reporter", document = "the report";
  std::vector<std::string> secrets{};  // removed from the words of the server that error messages quote
  int tries = 5;  // of one document; only one if the server was not available for the last document
  Duration firstBackoff = std::chrono::milliseconds(500);  // doubles from there, with jitter
  Duration longestBackoff = std::chrono::seconds(8);
  // The time for all tries of one document; below the 30 s that one error report may take unless `time_limit` says
  // otherwise.
  Duration total = std::chrono::seconds(25);
};

// One thread uses it.
class Delivery {
 public:
  // `clock` outlives it.
  explicit Delivery(DeliveryOptions options, const Clock& clock = systemClock());

  // Sends the document until an answer with status 2xx comes, and returns it. It tries again after resets, timeouts and
  // other failures of the connection and after the answers 408, 429 and 5xx, until the token fires; not after other
  // answers. While a pause that the server asked for lasts, documents are given up without a request. Unavailable:
  // given up; a later document may succeed. Invalid: the server refuses the document, or the configuration is wrong.
  // The message begins with the origin of the URL and quotes the server's own words.
  Result<HttpAnswer> deliver(HttpRequest request, const StopToken& stop = {});

  // How many documents were given up since the last one that was sent.
  std::uint64_t lostSinceLastSuccess() const { return lost_; }

 private:
  Result<HttpAnswer> sendUnlessPaused(HttpRequest& request, const StopToken& stop);
  std::optional<Duration> notePause(const Result<HttpAnswer>& answer);
  bool canTryAgain(const Error& error, std::optional<Duration> pause) const;
  Error refusal(const HttpAnswer& answer, const HttpRequest& request) const;
  std::string whatToDo(int status) const;
  std::string quotedAnswer(const HttpAnswer& answer) const;

  const DeliveryOptions options_;
  const Clock& clock_;
  RateLimit rateLimit_;
  // Error reporters share a process, so a server that is down must not delay each report by all its tries.
  bool isDown_ = false;
  std::uint64_t lost_ = 0;
};

}  // namespace leptir::http
