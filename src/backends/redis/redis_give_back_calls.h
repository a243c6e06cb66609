// The scripts that give leased tasks back to the queue, as functions: each puts together the keys and arguments of one
// script.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>

#include "backends/redis/redis_give_back.h"
#include "backends/redis/redis_queue.h"

namespace leptir::redis::calls {

RedisScriptCall claimSessions(const RedisQueue& queue, const std::set<std::string>& ownInstances);
RedisScriptCall giveBackTasks(const RedisQueue& queue, std::string_view session, GiveBackCaller giver,
                              std::span<const TaskToGiveBack> tasks);

// The cursor that asks for any lease numbers of a large session.
inline constexpr std::string_view kRandomLeaseNumbers = "some";
enum class OtherFields { Leave, Bury };
RedisScriptCall listLeaseNumbers(const RedisQueue& queue, std::string_view leasedKey, std::string_view cursor,
                                 OtherFields others, std::int64_t step);

RedisScriptCall buryTooLarge(const RedisQueue& queue, std::string_view leasedKey, std::string_view leaseNumber);

}  // namespace leptir::redis::calls
