#include "backends/redis/redis_doorbell.h"

#include <algorithm>
#include <array>
#include <utility>

#include "backends/redis/stream_reads.h"

namespace leptir::redis {
namespace {

// A server that does not answer, or refuses XREAD, is not asked again for so long.
constexpr Duration kRetryAfter = std::chrono::seconds(1);
constexpr Duration kMaxTimeWithoutServer = std::chrono::milliseconds(500);

// The id of the newest entry in the answer to XREAD: ((stream ((id (field value)) …)) …).
std::string_view newestId(RedisValue reply) {
  if (reply.size() == 0 || reply[0].size() < 2) return {};
  const auto entries = reply[0][1];
  if (entries.size() == 0 || entries[entries.size() - 1].size() == 0) return {};
  return entries[entries.size() - 1][0].text();
}

}  // namespace

RedisDoorbell::RedisDoorbell(const RedisAddress& address, std::string stream)
    : connection_(address), stream_(std::move(stream)), lastEntry_(kBeforeTheFirstEntry) {}

RedisDoorbell::WaitResult RedisDoorbell::waitForPush(Duration longest, Wake& wake) {
  if (systemClock().bootTime() >= askServerAgainAt_) return waitOnServer(longest, wake);
  return wake.waitFor(std::min(longest, kMaxTimeWithoutServer)) ? WaitResult::Wake : WaitResult::Nothing;
}

RedisDoorbell::WaitResult RedisDoorbell::waitOnServer(Duration longest, Wake& wake) {
  const auto began = systemClock().bootTime(), until = began + longest;
  int answers = 0;
  for (auto left = longest; left > Duration::zero(); left = until - systemClock().bootTime()) {
    const std::array<std::string_view, 6> words{"XREAD", "BLOCK", kBlockMilliseconds, "STREAMS", stream_, lastEntry_};
    const auto reply = connection_.wait(words, kBlockTime, left, wake);
    if (!reply) return pauseAsking();
    if (!*reply) return WaitResult::Wake;
    if (const auto newest = newestId((*reply)->value()); !newest.empty()) {
      lastEntry_ = newest;
      return WaitResult::MaybePushed;
    }
    const auto now = systemClock().bootTime();
    if (now >= until) return WaitResult::Nothing;
    // A server that returns early or something unexpected would be asked in a busy loop. The first answer may be early,
    // since it may belong to an XREAD of an earlier call.
    if (!(*reply)->value().isNil() || (++answers > 1 && now - began < kBlockTime / 2)) return pauseAsking();
  }
  return WaitResult::Nothing;
}

RedisDoorbell::WaitResult RedisDoorbell::pauseAsking() {
  askServerAgainAt_ = systemClock().bootTime() + kRetryAfter;
  lastEntry_ = kBeforeTheFirstEntry;  // the next server may have a new, empty stream
  return WaitResult::MaybePushed;
}

}  // namespace leptir::redis
