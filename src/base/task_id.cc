#include "base/task_id.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>

#include "base/fork_detector.h"

namespace leptir::base {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

Bytes randomBytes() {
  Bytes bytes;
  std::size_t have = 0;
  while (have < bytes.size()) {
    const auto got = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (got > 0) have += static_cast<std::size_t>(got);
  }
  return bytes;
}

std::string hex(const Bytes& bytes, bool dashes) {
  static constexpr char kHexDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dashes && (i == 4 || i == 6 || i == 8 || i == 10)) text += '-';
    text += kHexDigits[bytes[i] >> 4];
    text += kHexDigits[bytes[i] & 15];
  }
  return text;
}

// The layout of an id: the time in microseconds in the first 64 bits, then random bits of the process. Ids of one
// process differ because the time always rises by at least one microsecond.
class IdMaker {
 public:
  std::string make(Time now) {
    const std::lock_guard lock(mutex_);
    if (!owner_ || !owner_->isSameProcess()) resetForThisProcess();
    // At least one microsecond later than the last id, so that the ids of one process keep their order even when the
    // clock falls back.
    lastMicros_ = std::max<std::uint64_t>(lastMicros_ + 1, static_cast<std::uint64_t>(now.time_since_epoch().count()));
    return hex(assembleBytes(), true);
  }

 private:
  void resetForThisProcess() {
    owner_.emplace();
    random_ = randomBytes();
  }

  Bytes assembleBytes() const {
    const std::uint64_t milliseconds = lastMicros_ / 1000;
    // 12 bits of sub-millisecond time, as RFC 9562 section 6.2 method 3 describes.
    const std::uint64_t fraction = (lastMicros_ % 1000) * 4;
    Bytes bytes = random_;
    for (int i = 0; i < 6; ++i) bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(0x70 | (fraction >> 8));
    bytes[7] = static_cast<std::uint8_t>(fraction);
    bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
    return bytes;
  }

  std::mutex mutex_;
  std::optional<ForkDetector> owner_;
  Bytes random_{};
  std::uint64_t lastMicros_ = 0;
};

}  // namespace

std::string makeTaskId(const Clock& clock) {
  static IdMaker maker;
  return maker.make(clock.now());
}

std::optional<Time> timeOfTaskId(std::string_view id) {
  constexpr std::string_view kForm = "hhhhhhhh-hhhh-7hhh-vhhh-hhhhhhhhhhhh";
  if (id.size() != kForm.size()) return {};
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const auto digit = std::string_view("0123456789abcdef").find(id[i]);
    const bool isDigit = digit != std::string_view::npos;
    const bool fits = kForm[i] == 'h' ? isDigit : kForm[i] == 'v' ? isDigit && digit / 4 == 2 : id[i] == kForm[i];
    if (!fits) return {};
    if (i < 13 && isDigit) milliseconds = milliseconds * 16 + static_cast<std::int64_t>(digit);
  }
  return Time(std::chrono::milliseconds(milliseconds));
}

std::string makeInstanceName() {
  return hex(randomBytes(), false);
}

bool isInstanceName(std::string_view name) {
  return name.size() == 32 && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace leptir::base
