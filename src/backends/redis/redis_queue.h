// What a broker, its sessions and its keeper share: the connection, the keys and the scripts of one queue.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_burials.h"
#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_keys.h"
#include "backends/redis/redis_scripts.h"
#include "leptir/spi/broker_task.h"

namespace leptir::redis {

struct RedisQueue {
  RedisQueue(std::shared_ptr<RedisConnection> link, std::string key, int version)
      : connection(std::move(link)), keys(std::move(key)), scripts(version) {}

  std::shared_ptr<RedisConnection> connection;
  RedisKeys keys;
  RedisScripts scripts;
  bool isSharedWithPhp = false;        // PHP consumers seem to take tasks from this queue too
  RedisBurials burials;                // that scripts performed by themselves
  std::set<std::string> ownInstances;  // with sessions opened or resumed here; recovery never claims them
};

// A time as a score in the queue's sorted set: seconds since 1970 with six decimals.
std::string redisTime(Time time);
Time timeFromRedis(std::string_view score);
// The score that an envelope implies: its time, or when it was pushed; empty: it has neither. For tasks that are not in
// the hash `ids`.
std::string scoreFromEnvelope(std::string_view envelope);

// Bytes of envelopes in one request at most. An envelope may have 16 MiB, and a request is in the memory of leptir and
// of the server several times over.
inline constexpr std::size_t kMaxRequestBytes = std::size_t{32} << 20;

// Bytes of envelopes that one script returns at most, since each may have 16 MiB; one envelope is returned whatever its
// size.
inline constexpr std::size_t kMaxReplyBytes = std::size_t{64} << 20;

// The largest text that is read of what other programs stored: the largest envelope plus what leptir adds to one.
inline constexpr std::size_t kLargestEnvelopeReply = kMaxEnvelopeBytes + std::size_t{64} * 1024;

// How many of the first `tasks` fit into one request; at least one, if there is any.
template <class Task>
std::size_t countFittingOneRequest(std::span<const Task> tasks) {
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < tasks.size(); ++count) {
    bytes += tasks[count].envelope.size();
    if (count > 0 && bytes > kMaxRequestBytes) break;
  }
  return count;
}

// For a search that has not ended after as many steps as it can have. `through`: what it searches.
Error endlessSearch(const RedisConnection& connection, std::string_view through);

// The longest escaped id (bytes) of another program's task that leptir tracks; a task with a longer one counts as
// having no id.
inline constexpr std::size_t kMaxEscapedIdBytes = 1530;

// Makes a leased task of a field (the lease number) and value of the hash of a session.
LeasedTask leasedTask(std::uint64_t number, std::string_view envelope);

}  // namespace leptir::redis
