// The names of all keys of one queue. All but the queue itself carry its name as a hash tag, so that a cluster keeps
// them in one slot. docs/wire-format.md says what stands in each.
#pragma once

#include <string>

#include "leptir/simple_broker.h"

namespace leptir {

struct RedisKeys {
  explicit RedisKeys(std::string key);

  // As it stands in `sessions` and at the end of `leased`.
  static std::string nameOf(const SessionId& session);
  // In bytes. Leptir's own have 53 at most; a longer one is another program's, and is not read.
  static constexpr std::size_t kLongestName = 256;
  std::string leasedBy(std::string_view session) const { return leasedPrefix + std::string(session); }
  std::string epochOf(std::string_view instance) const { return epochPrefix + std::string(instance); }

  std::string leftBy(std::string_view session) const { return leftPrefix + std::string(session); }

  std::string queue;  // sorted set: due time in seconds, envelope
  std::string ids;    // hash: escaped id, the due time it waits or waited at, or `b` and that when it is buried
  std::string lease;  // the last lease number
  std::string leasedPrefix;
  std::string sessions;  // sorted set: when it expires in µs, or -1: claimed; its name
  std::string cards;     // hash: session, JSON
  std::string epochPrefix;
  std::string cancel;       // hash: escaped id of a leased task, who asked
  std::string buried;       // sorted set: order of burial, escaped id
  std::string buriedTasks;  // hash: escaped id, see redis_buried.h
  std::string leftPrefix;   // sorted set of each session: until when it leaves a task to others in µs; its escaped id
  std::string places;       // hash: lease number of a task that other programs pushed, where it stood
  std::string front;        // since when which member has stood first, see redis_lease_script.h
  std::string wake;         // stream: a new entry rings whoever waits
};

}  // namespace leptir
