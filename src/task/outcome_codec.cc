#include "task/outcome_codec.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace leptir::task {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::uint8_t kTruncatedFlag = 1;
constexpr std::uint8_t kThrownFlag = 2;
constexpr std::string_view kCutNotice = " [The response was cut here: it was too long.]";

// The part of fixed size. After it come the texts in the order of `sizes`, and then the states of the flow, each after
// its size. Worker and dispatcher run the same binary on one machine, so the machine's byte order is used.
struct EncodedHeader {
  std::uint8_t version = kVersion;
  std::uint8_t status = 0;
  std::uint8_t cause = 0;
  std::uint8_t flags = 0;
  std::int32_t signal = 0;
  std::int64_t started = 0;
  std::int64_t executionTime = 0;
  std::int64_t cpuTime = 0;
  std::uint32_t sizes[7] = {};  // response, stderrTail, additional, result, thrown.type, thrown.message, log
  std::uint32_t states = 0;
  std::int64_t retryAfter = -1;  // microseconds; negative: not requested
};
static_assert(sizeof(EncodedHeader) == 72);

// The parts of an outcome that will be written: views, so that no text is copied twice.
struct OutcomeParts {
  std::string_view texts[7];
  std::size_t states = 0;
  std::size_t flowBytes = 0;
  bool hasCutNotice = false;
  bool truncated = false;

  std::size_t size() const {
    std::size_t sum = sizeof(EncodedHeader) + flowBytes + (hasCutNotice ? kCutNotice.size() : 0);
    for (const auto text : texts) sum += text.size();
    return sum;
  }
};

// Shortens `text` by `excess` bytes, or by a few more so that it ends with a whole UTF-8 character.
void shorten(std::string_view& text, std::size_t excess) {
  text = base::utf8Prefix(text, text.size() - std::min(excess, text.size()));
}

std::size_t excess(const OutcomeParts& parts) {
  return parts.size() - std::min(parts.size(), kMaxOutcomeBytes);
}

void dropStatesToFit(const Outcome& outcome, OutcomeParts& parts) {
  while (excess(parts) > 0 && parts.states > 0) parts.flowBytes -= 4 + outcome.flow[--parts.states].size();
}

// Leaves out a whole text, since shortened JSON would be invalid.
void dropIfTooLarge(OutcomeParts& parts, std::string_view& text) {
  if (excess(parts) > 0) text = {};
}

void shortenToFit(const Outcome& outcome, OutcomeParts& parts) {
  auto& [response, stderrTail, additional, result, type, message, log] = parts.texts;
  parts.truncated = true;
  if (!response.empty()) {
    parts.hasCutNotice = true;
    shorten(response, excess(parts));
  }
  if (const auto over = excess(parts))
    stderrTail = base::utf8Suffix(stderrTail, stderrTail.size() - std::min(over, stderrTail.size()));
  dropIfTooLarge(parts, log);
  if (const auto over = excess(parts)) shorten(message, over);
  dropStatesToFit(outcome, parts);
  dropIfTooLarge(parts, additional);
  dropIfTooLarge(parts, result);
  dropIfTooLarge(parts, type);
}

OutcomeParts partsOf(const Outcome& outcome) {
  OutcomeParts parts{{outcome.response, outcome.stderrTail, outcome.additional, outcome.result, {}, {}, outcome.log}};
  if (outcome.thrown) {
    parts.texts[4] = outcome.thrown->type;
    parts.texts[5] = outcome.thrown->message;
  }
  parts.states = outcome.flow.size();
  for (const auto& state : outcome.flow) parts.flowBytes += 4 + state.size();
  parts.truncated = outcome.truncated;
  if (excess(parts) > 0) shortenToFit(outcome, parts);
  return parts;
}

EncodedHeader headerOf(const Outcome& outcome, const OutcomeParts& parts) {
  EncodedHeader head;
  head.status = static_cast<std::uint8_t>(outcome.status);
  head.cause = static_cast<std::uint8_t>(outcome.cause);
  head.flags = (parts.truncated ? kTruncatedFlag : 0) | (outcome.thrown ? kThrownFlag : 0);
  head.signal = outcome.signal;
  head.started = outcome.started.time_since_epoch().count();
  head.executionTime = outcome.executionTime.count();
  head.cpuTime = outcome.cpuTime.count();
  if (outcome.retryAfter) head.retryAfter = outcome.retryAfter->count();
  for (int i = 0; i < 7; ++i) head.sizes[i] = static_cast<std::uint32_t>(parts.texts[i].size());
  if (parts.hasCutNotice) head.sizes[0] += static_cast<std::uint32_t>(kCutNotice.size());
  head.states = static_cast<std::uint32_t>(parts.states);
  return head;
}

template <class Value>
void appendBytes(const Value& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// Reads values and texts from the front of `bytes`. False: too few bytes are left.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  template <class Value>
  bool read(Value& value) {
    if (bytes_.size() < sizeof value) return false;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return true;
  }
  bool read(std::size_t size, std::string& text) {
    if (bytes_.size() < size) return false;
    text.assign(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return true;
  }
  std::size_t bytesLeft() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
};

bool isValidHeader(const EncodedHeader& head) {
  const bool status = head.status >= 1 && head.status <= static_cast<int>(ExitStatus::TimeLimitExceeded);
  const bool cause = head.cause <= static_cast<int>(Cause::GaveBack);
  const bool flags = (head.flags & ~(kTruncatedFlag | kThrownFlag)) == 0;
  return head.version == kVersion && status && cause && flags;
}

bool readFlow(ByteReader& reader, std::uint32_t states, std::vector<std::string>& flow) {
  if (states > reader.bytesLeft() / 4) return false;  // checked before memory is allocated
  flow.resize(states);
  for (auto& state : flow) {
    std::uint32_t size = 0;
    if (!reader.read(size) || !reader.read(size, state)) return false;
  }
  return true;
}

bool readTexts(ByteReader& reader, const EncodedHeader& head, Outcome& outcome) {
  ThrownError thrown;
  std::string* const texts[] = {&outcome.response, &outcome.stderrTail, &outcome.additional, &outcome.result,
                                &thrown.type,      &thrown.message,     &outcome.log};
  for (int i = 0; i < 7; ++i) {
    if (!reader.read(head.sizes[i], *texts[i])) return false;
  }
  if (head.flags & kThrownFlag) outcome.thrown = std::move(thrown);
  return true;
}

Error corruptOutcomeError(std::string_view why) {
  return Error(ErrorCode::Corrupt, std::string(why)).in("invalid task outcome");
}

}  // namespace

void encodeOutcome(const Outcome& outcome, std::string& out) {
  const auto parts = partsOf(outcome);
  out.reserve(out.size() + parts.size());
  appendBytes(headerOf(outcome, parts), out);
  out.append(parts.texts[0]);
  if (parts.hasCutNotice) out.append(kCutNotice);
  for (int i = 1; i < 7; ++i) out.append(parts.texts[i]);
  for (std::size_t i = 0; i < parts.states; ++i) {
    appendBytes(static_cast<std::uint32_t>(outcome.flow[i].size()), out);
    out.append(outcome.flow[i]);
  }
}

Result<Outcome> decodeOutcome(std::string_view bytes) {
  if (bytes.size() > kMaxOutcomeBytes) return corruptOutcomeError("larger than 16 MiB");
  ByteReader reader(bytes);
  EncodedHeader head;
  if (!reader.read(head) || !isValidHeader(head)) return corruptOutcomeError("invalid header");

  Outcome outcome;
  outcome.status = static_cast<ExitStatus>(head.status);
  outcome.cause = static_cast<Cause>(head.cause);
  outcome.signal = head.signal;
  outcome.started = Time(Duration(head.started));
  outcome.executionTime = Duration(head.executionTime);
  outcome.cpuTime = Duration(head.cpuTime);
  if (head.retryAfter >= 0) outcome.retryAfter = std::min(Duration(head.retryAfter), kMaxRetryDelay);
  outcome.truncated = (head.flags & kTruncatedFlag) != 0;
  if (!readTexts(reader, head, outcome) || !readFlow(reader, head.states, outcome.flow))
    return corruptOutcomeError("it ends too early");
  if (reader.bytesLeft() != 0) return corruptOutcomeError("unexpected bytes after its end");
  return outcome;
}

}  // namespace leptir::task
