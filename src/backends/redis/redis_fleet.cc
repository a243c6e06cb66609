#include "backends/redis/redis_fleet.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "backends/redis/redis_expect.h"
#include "broker/fleet_rules.h"

namespace leptir::redis {
namespace {

// Bytes of a stored text at most: its expiry, then the value.
constexpr std::size_t kMaxStoredFleetBytes = kMaxFleetValueBytes + 32;
// Bytes of texts in one reply, at most.
constexpr std::size_t kMaxListBytes = std::size_t{8} << 20;

// The least text, in the form of ZRANGE BYLEX, that no text with this prefix reaches.
std::string endOfPrefixRange(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (end.empty()) return "+";
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return "(" + end;
}

}  // namespace

Result<void> RedisFleet::put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  const auto stored = store(key, value, lifetime, Existing::Replaced);
  return stored ? Result<void>() : stored.error();
}

Result<bool> RedisFleet::putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  return store(key, value, lifetime, Existing::Kept);
}

Result<bool> RedisFleet::store(std::string_view key, std::string_view value, std::optional<Duration> lifetime,
                               Existing existing) {
  if (auto fine = broker::checkFleetEntry(key, value); !fine) return fine.error();
  RedisScriptCall call(queue_->scripts.fleetPut);
  call.keys(keys_.fleet, keys_.fleetNames, keys_.fleetEnds, keys_.fleetVersion);
  call.arguments(key, value, lifetime ? std::to_string(std::max<std::int64_t>(lifetime->count(), 0)) : std::string());
  call.arguments(existing == Existing::Kept ? "absent" : "always");
  const auto reply = runScript(connection_, call);
  if (!reply) return reply.error();
  return RedisExpect(connection_).oneOrZero(reply->value());
}

Result<bool> RedisFleet::erase(std::string_view key) {
  RedisScriptCall call(queue_->scripts.fleetErase);
  call.keys(keys_.fleet, keys_.fleetNames, keys_.fleetEnds, keys_.fleetVersion);
  call.arguments(key);
  const auto reply = runScript(connection_, call);
  if (!reply) return reply.error();
  return RedisExpect(connection_).oneOrZero(reply->value());
}

Result<std::string> RedisFleet::get(std::string_view key) {
  RedisScriptCall call(queue_->scripts.fleetGet);
  call.keys(keys_.fleet).arguments(key, kMaxStoredFleetBytes);
  const auto reply = runScript(connection_, call);
  if (!reply) return reply.error();
  if (auto fits = RedisExpect(connection_).textOrNil(reply->value()); !fits) return fits.error();
  if (reply->value().isNil()) return broker::noSuchFleetEntry(key);
  return std::string(reply->value().text());
}

Result<std::vector<FleetEntry>> RedisFleet::list(std::string_view prefix, std::string_view after, std::size_t limit) {
  const RedisExpect expect(connection_);
  std::string first = after >= prefix && !after.empty() ? "(" + std::string(after) : "[" + std::string(prefix);
  const auto last = endOfPrefixRange(prefix);
  std::vector<FleetEntry> entries;
  for (std::string visited; entries.size() < limit;) {
    RedisScriptCall call(queue_->scripts.fleetList);
    call.keys(keys_.fleet, keys_.fleetNames);
    call.arguments(first, last, limit - entries.size(), kMaxListBytes, kMaxStoredFleetBytes);
    const auto reply = runScript(connection_, call);
    if (!reply) return reply.error();
    const auto answer = reply->value();
    if (auto fits = expect.list(answer, 3); !fits) return fits.error();
    const auto areAll = expect.oneOrZero(answer[0]);
    if (!areAll) return areAll.error();
    if (auto fits = expect.textOrNil(answer[1]); !fits) return fits.error();
    if (auto fits = expect.texts(answer[2]); !fits) return fits.error();
    for (std::size_t i = 0; i + 1 < answer[2].size(); i += 2)
      entries.push_back({std::string(answer[2][i].text()), std::string(answer[2][i + 1].text())});
    if (*areAll || answer[1].text().empty()) break;
    if (answer[1].text() <= visited) return endlessSearch(connection_, "the fleet store");
    visited = answer[1].text();
    first = "(" + visited;
  }
  if (entries.size() > limit) entries.resize(limit);
  return entries;
}

// A value of another program is replaced with the next change.
Result<std::uint64_t> RedisFleet::version() {
  const auto reply = connection_.run({"GET", keys_.fleetVersion});
  if (!reply) return reply.error();
  if (auto fits = RedisExpect(connection_).textOrNil(reply->value()); !fits) return fits.error();
  const auto text = reply->value().text();
  std::uint64_t version = 0;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

}  // namespace leptir::redis
