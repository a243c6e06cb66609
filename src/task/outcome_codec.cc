#include "task/outcome_codec.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace leptir {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kTruncated = 1;
constexpr std::uint8_t kThrown = 2;
constexpr std::string_view kCutNotice = " [The response was cut here: it was too long.]";

// The fixed part; the texts follow in the order of `sizes`, then the states of the flow, each with its size in front.
// Both ends run the same binary on the same machine, so the machine's own byte order will do.
struct Head {
  std::uint8_t version = kVersion;
  std::uint8_t status = 0;
  std::uint8_t cause = 0;
  std::uint8_t flags = 0;
  std::int32_t signal = 0;
  std::int64_t started = 0;
  std::int64_t executionTime = 0;
  std::int64_t cpuTime = 0;
  std::uint32_t sizes[6] = {};  // response, stderrTail, additional, result, thrown.type, thrown.message
  std::uint32_t states = 0;
  std::uint32_t unused = 0;
  std::int64_t retryAfter = -1;  // negative: not asked for
};
static_assert(sizeof(Head) == 72);

// What will be written: views, so that nothing is copied twice.
struct Parts {
  std::string_view texts[6];
  std::size_t states = 0;
  std::size_t flowBytes = 0;
  bool cutNotice = false;
  bool truncated = false;

  std::size_t size() const {
    std::size_t sum = sizeof(Head) + flowBytes + (cutNotice ? kCutNotice.size() : 0);
    for (const auto text : texts) sum += text.size();
    return sum;
  }
};

// Shortens by `excess` bytes, and by a few more rather than through the middle of a character.
void shorten(std::string_view& text, std::size_t excess) {
  text = utf8Prefix(text, text.size() - std::min(excess, text.size()));
}

std::size_t excess(const Parts& parts) {
  return parts.size() - std::min(parts.size(), kMaxOutcomeBytes);
}

void dropLastStates(const Outcome& outcome, Parts& parts) {
  while (excess(parts) > 0 && parts.states > 0) parts.flowBytes -= 4 + outcome.flow[--parts.states].size();
}

// JSON cannot be shortened, only left out.
void dropIfTooLarge(Parts& parts, std::string_view& text) {
  if (excess(parts) > 0) text = {};
}

void fit(const Outcome& outcome, Parts& parts) {
  auto& [response, stderrTail, additional, result, type, message] = parts.texts;
  parts.truncated = true;
  if (!response.empty()) {
    parts.cutNotice = true;
    shorten(response, excess(parts));
  }
  if (const auto over = excess(parts))
    stderrTail = utf8Suffix(stderrTail, stderrTail.size() - std::min(over, stderrTail.size()));
  if (const auto over = excess(parts)) shorten(message, over);
  dropLastStates(outcome, parts);
  dropIfTooLarge(parts, additional);
  dropIfTooLarge(parts, result);
  dropIfTooLarge(parts, type);
}

Parts partsOf(const Outcome& outcome) {
  Parts parts{{outcome.response, outcome.stderrTail, outcome.additional, outcome.result, {}, {}}};
  if (outcome.thrown) {
    parts.texts[4] = outcome.thrown->type;
    parts.texts[5] = outcome.thrown->message;
  }
  parts.states = outcome.flow.size();
  for (const auto& state : outcome.flow) parts.flowBytes += 4 + state.size();
  parts.truncated = outcome.truncated;
  if (excess(parts) > 0) fit(outcome, parts);
  return parts;
}

Head headOf(const Outcome& outcome, const Parts& parts) {
  Head head;
  head.status = static_cast<std::uint8_t>(outcome.status);
  head.cause = static_cast<std::uint8_t>(outcome.cause);
  head.flags = (parts.truncated ? kTruncated : 0) | (outcome.thrown ? kThrown : 0);
  head.signal = outcome.signal;
  head.started = outcome.started.time_since_epoch().count();
  head.executionTime = outcome.executionTime.count();
  head.cpuTime = outcome.cpuTime.count();
  if (outcome.retryAfter) head.retryAfter = outcome.retryAfter->count();
  for (int i = 0; i < 6; ++i) head.sizes[i] = static_cast<std::uint32_t>(parts.texts[i].size());
  if (parts.cutNotice) head.sizes[0] += static_cast<std::uint32_t>(kCutNotice.size());
  head.states = static_cast<std::uint32_t>(parts.states);
  return head;
}

template <class Value>
void appendBytes(const Value& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Takes pieces off the front; answers false when there is not that much.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : bytes_(bytes) {}

  template <class Value>
  bool take(Value& value) {
    if (bytes_.size() < sizeof value) return false;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return true;
  }
  bool take(std::size_t size, std::string& text) {
    if (bytes_.size() < size) return false;
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return true;
  }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

bool isSound(const Head& head) {
  const bool status = head.status >= 1 && head.status <= static_cast<int>(ExitStatus::TimeLimitExceeded);
  const bool cause = head.cause <= static_cast<int>(Cause::GaveBack);
  const bool flags = (head.flags & ~(kTruncated | kThrown)) == 0;
  return head.version == kVersion && status && cause && flags;
}

bool takeFlow(Taker& taker, std::uint32_t states, std::vector<std::string>& flow) {
  if (states > taker.left() / 4) return false;  // before memory is asked for
  flow.resize(states);
  for (auto& state : flow) {
    std::uint32_t size = 0;
    if (!taker.take(size) || !taker.take(size, state)) return false;
  }
  return true;
}

bool takeTexts(Taker& taker, const Head& head, Outcome& outcome) {
  ThrownError thrown;
  std::string* const texts[] = {&outcome.response, &outcome.stderrTail, &outcome.additional,
                                &outcome.result,   &thrown.type,        &thrown.message};
  for (int i = 0; i < 6; ++i) {
    if (!taker.take(head.sizes[i], *texts[i])) return false;
  }
  if (head.flags & kThrown) outcome.thrown = std::move(thrown);
  return true;
}

Error corrupt(std::string_view why) {
  return Error(ErrorCode::Corrupt, std::string(why)).in("no outcome of a task");
}

}  // namespace

void encodeOutcome(const Outcome& outcome, std::string& out) {
  const auto parts = partsOf(outcome);
  out.reserve(out.size() + parts.size());
  appendBytes(headOf(outcome, parts), out);
  out.append(parts.texts[0]);
  if (parts.cutNotice) out.append(kCutNotice);
  for (int i = 1; i < 6; ++i) out.append(parts.texts[i]);
  for (std::size_t i = 0; i < parts.states; ++i) {
    appendBytes(static_cast<std::uint32_t>(outcome.flow[i].size()), out);
    out.append(outcome.flow[i]);
  }
}

Result<Outcome> decodeOutcome(std::string_view bytes) {
  if (bytes.size() > kMaxOutcomeBytes) return corrupt("it is too large");
  Taker taker(bytes);
  Head head;
  if (!taker.take(head) || !isSound(head)) return corrupt("its head makes no sense");

  Outcome outcome;
  outcome.status = static_cast<ExitStatus>(head.status);
  outcome.cause = static_cast<Cause>(head.cause);
  outcome.signal = head.signal;
  outcome.started = Time(Duration(head.started));
  outcome.executionTime = Duration(head.executionTime);
  outcome.cpuTime = Duration(head.cpuTime);
  if (head.retryAfter >= 0) outcome.retryAfter = std::min(Duration(head.retryAfter), kLongestRetryDelay);
  outcome.truncated = (head.flags & kTruncated) != 0;
  if (!takeTexts(taker, head, outcome) || !takeFlow(taker, head.states, outcome.flow))
    return corrupt("it is cut short");
  if (taker.left() != 0) return corrupt("something follows it");
  return outcome;
}

}  // namespace leptir
