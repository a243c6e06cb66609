// The names of all Redis keys of one queue. All but the queue itself carry its name as a hash tag, so that a cluster
// keeps them in one slot. README.md of this folder has a table of them.
#pragma once

#include <string>

#include "leptir/spi/simple_broker.h"

namespace leptir::redis {

struct RedisKeys {
  explicit RedisKeys(std::string key);

  // "instance:epoch", the name of a session in `sessions` and at the end of its `leased` key.
  static std::string nameOf(const SessionId& session);
  // Session names of leptir have at most 53 bytes; a longer one was written by another program and is not read.
  static constexpr std::size_t kMaxSessionNameBytes = 256;
  std::string leasedBy(std::string_view session) const { return leasedPrefix + std::string(session); }
  std::string epochOf(std::string_view instance) const { return epochPrefix + std::string(instance); }
  std::string leftToOthersBy(std::string_view session) const { return leftToOthersPrefix + std::string(session); }

  std::string queue;  // sorted set: due time in seconds, envelope
  std::string ids;    // hash: escaped id, due time at which the task waits or last waited; `b` in front: buried
  std::string lease;  // the last lease number
  std::string leasedPrefix;
  std::string sessions;  // sorted set: expiry in µs of the server's clock, or -1: claimed; session name
  std::string cards;     // hash: session name, session card as JSON
  std::string epochPrefix;
  std::string cancel;              // hash: escaped id of a leased task, who requested its cancellation
  std::string buried;              // sorted set: order of burial, escaped id
  std::string buriedTasks;         // hash: escaped id, see redis_buried.h
  std::string leftToOthersPrefix;  // sorted set for each session: escaped id, left to others until (µs)
  std::string originalScores;  // hash: lease number of a task that another program pushed, the score at which it waited
  std::string firstMember;     // the first member of the queue and since when it is first, see lease_tasks.lua
  std::string fleet;         // hash: name of a text that the fleet shares, its expiry in µs (0: it lasts) and the text
  std::string fleetNames;    // sorted set: these names, in their order
  std::string fleetEnds;     // sorted set: when texts expire (µs), their names
  std::string fleetVersion;  // a number that grows with each change of an order or a pause
  std::string wake;          // stream: a new entry wakes all waiting instances
};

}  // namespace leptir::redis
