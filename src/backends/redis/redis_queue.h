// What a broker, its sessions and its keeper share.
#pragma once

#include <initializer_list>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_keys.h"
#include "backends/redis/redis_scripts.h"
#include "leptir/broker_task.h"

namespace leptir {

struct RedisQueue {
  RedisQueue(std::shared_ptr<RedisConnection> link, std::string key, int version)
      : connection(std::move(link)), keys(std::move(key)), scripts(version) {}

  std::shared_ptr<RedisConnection> connection;
  RedisKeys keys;
  RedisScripts scripts;
  bool isSharedWithPhp = false;        // PHP consumers take tasks from it as well, as far as is known
  std::set<std::string> ownInstances;  // whose sessions were opened or resumed here: never claimed here
};

// The arguments of a script, lists as blocks. Texts that are not somebody else's already are kept here.
class RedisArguments {
 public:
  explicit RedisArguments(std::initializer_list<std::string_view> first) : words_(first) {}

  void add(std::string_view theirs) { words_.push_back(theirs); }
  template <class Range, class Of>
  void addBlock(const Range& range, Of textOf) {
    for (const auto& each : range) add(textOf(each));
  }
  RedisConnection::Words words() const { return words_; }

 private:
  std::vector<std::string_view> words_;
};

// Seconds since 1970 with the six digits of microseconds: a score.
std::string redisTime(Time time);
Time timeFromRedis(std::string_view score);

// What one request carries of envelopes, which may have 16 MiB each: it lies in our memory and in the server's several
// times over.
inline constexpr std::size_t kMostBytesOfARequest = std::size_t{32} << 20;

// A text that other programs stored is read up to this size: the largest envelope, and what leptir adds to one.
inline constexpr std::size_t kLargestText = kMaxEnvelopeBytes + std::size_t{64} * 1024;

// How many of `tasks` one request carries; at least one, if there is one.
template <class Task>
std::size_t firstPiece(std::span<const Task> tasks) {
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < tasks.size(); ++count) {
    bytes += tasks[count].envelope.size();
    if (count > 0 && bytes > kMostBytesOfARequest) break;
  }
  return count;
}

// The longest an id of other people may be for us to keep track of it; a longer one counts as none.
inline constexpr std::size_t kLongestEscapedId = 1530;

// A leased task as its hash has it: by field and value.
LeasedTask leasedTask(std::uint64_t number, std::string_view envelope);

}  // namespace leptir
