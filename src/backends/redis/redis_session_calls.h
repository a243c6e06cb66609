// The scripts that a session runs, as functions: each puts together the keys and arguments of one script.
#pragma once

#include <span>
#include <string_view>

#include "backends/redis/redis_queue.h"
#include "leptir/spi/broker_session.h"

namespace leptir::redis::calls {

RedisScriptCall leaseTasks(const RedisQueue& queue, std::string_view session, std::size_t limit);

// All: this session remembers that it leased all these tasks and has settled none of them, so the script need not check
// each lease. MaybeNotAll: it does not remember some of them.
enum class HeldLeases { All, MaybeNotAll };
RedisScriptCall acknowledgeTasks(const RedisQueue& queue, std::string_view session, std::span<const LeaseId> leases,
                                 HeldLeases holding);

RedisScriptCall renewSession(const RedisQueue& queue, std::string_view session, std::span<const LeaseId> held,
                             Duration lease);
RedisScriptCall releaseTasks(const RedisQueue& queue, std::string_view session, std::span<const TaskRelease> tasks);
RedisScriptCall buryTasks(const RedisQueue& queue, std::string_view session, std::span<const TaskBurial> tasks);
RedisScriptCall cancelRequestsOf(const RedisQueue& queue, std::span<const LeasedTask> tasks);

// The name of who requested a cancellation, from a reply of renewSession or cancelRequestsOf.
std::string requesterIn(RedisValue reply);

}  // namespace leptir::redis::calls
