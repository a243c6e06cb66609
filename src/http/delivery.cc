#include "http/delivery.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "base/backoff.h"
#include "base/duration_text.h"
#include "base/escape.h"
#include "base/utf8.h"

namespace leptir::http {
namespace {

constexpr std::size_t kMaxQuotedBytes = 300;
constexpr std::size_t kMinSecretBytes = 4;  // shorter ones would remove parts of ordinary words

enum class Waited { ToTheEnd, UntilStopped };

Waited waitFor(Duration duration, const StopToken& stop, const Clock& clock) {
  const auto end = clock.bootTime() + duration;
  while (!stop.stopRequested()) {
    const auto left = end - clock.bootTime();
    if (left <= Duration::zero()) return Waited::ToTheEnd;
    pollfd event{stop.descriptor(), POLLIN, 0};  // poll ignores the descriptor -1
    ::poll(&event, 1, static_cast<int>(std::min<std::int64_t>(left / std::chrono::milliseconds(1) + 1, 1000)));
  }
  return Waited::UntilStopped;
}

Error withTries(const Error& error, int tries) {
  if (tries == 1) return error;
  return Error(error.code(), error.message() + "; given up after " + std::to_string(tries) + " tries");
}

// One line: runs of white space become one blank.
std::string oneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool isSpace = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!isSpace) line += c;
    if (isSpace && !line.empty() && line.back() != ' ') line += ' ';
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

constexpr std::string_view kRedacted = "[redacted]";

std::string withoutSecrets(std::string text, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets) {
    if (secret.size() < kMinSecretBytes) continue;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kRedacted.size()))
      text.replace(at, secret.size(), kRedacted);
  }
  return text;
}

bool isWorthAnotherTry(int status) {
  return status == 408 || status == 429 || status >= 500;
}

// The path and query of the new address may hold secrets, as those of the old one.
std::string movedTo(const HttpAnswer& answer) {
  const auto location = answer.headers.find("location");
  const auto url = location != answer.headers.end() ? parseHttpUrl(location->second) : Result<HttpUrl>(HttpUrl{});
  return url && !url->host.empty() ? "moved to " + url->origin() : "moved";
}

}  // namespace

std::optional<Duration> pauseByRetryAfter(const HttpAnswer& answer) {
  const bool asksForPause = answer.status == 429 || answer.status == 503;
  return asksForPause ? answer.retryAfter : std::nullopt;
}

Delivery::Delivery(DeliveryOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), rateLimit_(clock) {}

Result<HttpAnswer> Delivery::deliver(HttpRequest request, const StopToken& stop) {
  auto sent = sendUnlessPaused(request, stop);
  isDown_ = !sent && sent.error().code() == ErrorCode::Unavailable;
  lost_ = sent ? 0 : lost_ + 1;
  return sent;
}

Result<HttpAnswer> Delivery::sendUnlessPaused(HttpRequest& request, const StopToken& stop) {
  if (const auto left = rateLimit_.remaining())
    return Error(ErrorCode::Unavailable, request.url.origin() +
                                             ": not sent: the server asked for a pause, which lasts " +
                                             base::durationText(*left) + " more");
  const auto deadline = clock_.bootTime() + options_.total;
  const auto timeout = request.connection.timeout;
  const int mostTries = isDown_ ? 1 : options_.tries;
  base::Backoff backoff(options_.firstBackoff, options_.longestBackoff, std::random_device()());
  for (int tries = 1;; ++tries) {
    request.connection.timeout = std::min(timeout, Duration(deadline - clock_.bootTime()));
    auto answer = send(request, stop);
    const auto pause = notePause(answer);
    if (answer && answer->isSuccess()) return answer;
    const auto error = answer ? refusal(*answer, request) : answer.error();
    const auto wait = std::max(backoff.next(), pause.value_or(Duration()));
    const bool hasTime = tries < mostTries && clock_.bootTime() + wait < deadline;
    if (!hasTime || !canTryAgain(error, pause)) return withTries(error, tries);
    if (waitFor(wait, stop, clock_) == Waited::UntilStopped) return withTries(error, tries);
  }
}

std::optional<Duration> Delivery::notePause(const Result<HttpAnswer>& answer) {
  auto pause = answer ? options_.pauseOf(*answer) : std::nullopt;
  if (!pause) return std::nullopt;
  pause = std::min(*pause, options_.longestPause);
  rateLimit_.extend(*pause);
  return pause;
}

bool Delivery::canTryAgain(const Error& error, std::optional<Duration> pause) const {
  if (pause && options_.duringPause == DeliveryOptions::DuringPause::GiveUp) return false;
  return error.code() == ErrorCode::Unavailable;
}

Error Delivery::refusal(const HttpAnswer& answer, const HttpRequest& request) const {
  auto text = request.url.origin() + ": answered " + std::to_string(answer.status);
  const bool isMoved = answer.status >= 300 && answer.status < 400;
  if (isMoved) text += " (" + movedTo(answer) + "): put the new address into the configuration";
  if (const auto words = quotedAnswer(answer); !isMoved && !words.empty()) text += " (" + words + ")";
  if (const auto advice = whatToDo(answer.status); !advice.empty()) text.append(": ").append(advice);
  return Error(isWorthAnotherTry(answer.status) ? ErrorCode::Unavailable : ErrorCode::Invalid, std::move(text));
}

std::string Delivery::whatToDo(int status) const {
  if (status == 401 || status == 403) return "check the key or the headers of " + options_.setting;
  if (status == 404 || status == 405) return "check the address of " + options_.setting;
  if (status == 413) return options_.document + " is too large for this server: raise its limit";
  return {};
}

// Sentry explains a refusal in a header.
std::string Delivery::quotedAnswer(const HttpAnswer& answer) const {
  const auto header = answer.headers.find("x-sentry-error");
  const auto words = withoutSecrets(header != answer.headers.end() ? header->second : answer.body, options_.secrets);
  const auto line = oneLine(words);
  const auto quoted = base::utf8Prefix(line, kMaxQuotedBytes);
  return base::escaped(quoted) + (quoted.size() < line.size() ? "…" : "");
}

}  // namespace leptir::http
