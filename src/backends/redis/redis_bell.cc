#include "backends/redis/redis_bell.h"

#include <algorithm>
#include <array>
#include <utility>

namespace leptir {
namespace {

using namespace std::chrono_literals;

// How long the server holds a question: it must not outlive one that has become a replica by much.
constexpr std::string_view kHeldMilliseconds = "1000";
constexpr Duration kHeldFor = 1s;
// A server that does not answer, or does not let us ask, is left alone for so long.
constexpr Duration kDeafFor = 1s;
constexpr Duration kLongestWhileDeaf = 500ms;
constexpr std::string_view kNone = "0-0";

// The id of the newest entry in the answer to XREAD: ((stream ((id (field value)) …)) …).
std::string_view newestId(RedisValue reply) {
  if (reply.size() == 0 || reply[0].size() < 2) return {};
  const auto entries = reply[0][1];
  if (entries.size() == 0 || entries[entries.size() - 1].size() == 0) return {};
  return entries[entries.size() - 1][0].text();
}

}  // namespace

RedisBell::RedisBell(const RedisAddress& address, std::string stream)
    : connection_(address), stream_(std::move(stream)), last_(kNone) {}

RedisBell::Heard RedisBell::listen(Duration longest, Wake& wake) {
  if (systemClock().bootTime() >= deafUntil_) return listenToTheServer(longest, wake);
  return wake.waitFor(std::min(longest, kLongestWhileDeaf)) ? Heard::Wake : Heard::Nothing;
}

RedisBell::Heard RedisBell::listenToTheServer(Duration longest, Wake& wake) {
  const auto began = systemClock().bootTime(), until = began + longest;
  int answers = 0;
  for (auto left = longest; left > Duration::zero(); left = until - systemClock().bootTime()) {
    const std::array<std::string_view, 6> words{"XREAD", "BLOCK", kHeldMilliseconds, "STREAMS", stream_, last_};
    const auto reply = connection_.wait(words, kHeldFor, left, wake);
    if (!reply) return beDeaf();
    if (!*reply) return Heard::Wake;
    if (const auto newest = newestId((*reply)->value()); !newest.empty()) {
      last_ = newest;
      return Heard::Bell;
    }
    const auto now = systemClock().bootTime();
    if (now >= until) return Heard::Nothing;
    // The first answer may have been owed since an earlier call. A server that does not hold a question, or answers
    // something else, would be asked without a pause.
    if (!(*reply)->value().isNil() || (++answers > 1 && now - began < kHeldFor / 2)) return beDeaf();
  }
  return Heard::Nothing;
}

RedisBell::Heard RedisBell::beDeaf() {
  deafUntil_ = systemClock().bootTime() + kDeafFor;
  last_ = kNone;  // the server that answers next may have begun anew
  return Heard::Bell;
}

}  // namespace leptir
