#include "backends/redis/redis_recovery.h"

#include <limits>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_give_back_calls.h"
#include "base/escape.h"
#include "base/failpoint.h"
#include "base/saturated.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::redis {
namespace {

// A notice for each of so many sessions and names at most: other programs may write any number of them.
constexpr std::size_t kMaxReportedNames = 100;

TaskToGiveBack expiredTaskToGiveBack(LeasedTask task) {
  base::incrementSaturated(task.counters.expiries);
  const auto delay = delayAfterExpiry(task.counters.expiries);
  return {.task = std::move(task), .delay = delay};
}

}  // namespace

// An error at one session must not keep the tasks of the others from being given back.
Result<std::size_t> RedisRecovery::recover(std::size_t limit) {
  const auto claimed = claim();
  if (!claimed) return claimed.error();
  std::size_t done = 0;
  for (const auto& session : *claimed) {
    if (done == limit) break;
    const auto given = giveBack(session, limit - done);
    if (given) {
      done += *given;
    } else if (given.error().code() == ErrorCode::Unavailable) {
      return given.error();
    } else {
      reportFailure(session, given.error());
    }
  }
  return done;
}

Result<std::size_t> RedisRecovery::giveBack(const std::string& session, std::size_t limit) {
  std::size_t done = 0;
  for (auto state = SessionState::Open; state == SessionState::Open && done < limit;) {
    const auto given = giveBackSome(session, limit - done);
    if (!given) return given.error();
    if (given->tasks == 0) break;  // another instance gives them back, or the key holds no leases
    done += given->tasks;
    state = given->state;
  }
  return done;
}

// Reports each session once.
void RedisRecovery::reportFailure(const std::string& session, const Error& why) {
  if (reportedSessions_.size() == kMaxReportedNames || !reportedSessions_.insert(session).second) return;
  notices_.push_back(
      "the tasks of session " + base::inQuotes(session) + " (key " +
      base::inQuotes(queue_->keys.leasedBy(session), 200) +
      ") cannot be given back to the queue at the moment; leptir tries again at each recovery, and gives back the "
      "tasks of other sessions: " +
      why.message());
}

Result<std::vector<std::string>> RedisRecovery::claim() {
  const auto reply = runScript(*queue_->connection, calls::claimSessions(*queue_, queue_->ownInstances));
  if (!reply) return reply.error();
  const auto answer = reply->value();
  const RedisExpect expect(*queue_->connection);
  if (auto fits = expect.list(answer, 3); !fits) return fits.error();
  if (auto fits = expect.texts(answer[0]); !fits) return fits.error();
  if (auto noted = reportRemovedNames(answer[1], answer[2]); !noted) return noted.error();
  LEPTIR_FAILPOINT("redis.recover.after_claim");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < answer[0].size(); ++i) names.emplace_back(answer[0][i].text());
  return names;
}

// Reports the names that the claim script removed because they were too long.
Result<void> RedisRecovery::reportRemovedNames(RedisValue beginnings, RedisValue sizes) {
  const RedisExpect expect(*queue_->connection);
  if (auto fits = expect.texts(beginnings); !fits) return fits;
  if (auto fits = expect.list(sizes, beginnings.size()); !fits) return fits;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto size = expect.integer(sizes[i], 0, std::numeric_limits<std::int64_t>::max());
    if (!size) return size.error();
    if (reportedRemovals_ == kMaxReportedNames) continue;
    ++reportedRemovals_;
    notices_.push_back("removed a name of " + std::to_string(*size) + " bytes from key " +
                       base::inQuotes(queue_->keys.sessions, 200) + ", which begins with " +
                       base::inQuotes(beginnings[i].text()) + ": no session of leptir has a name of more than " +
                       std::to_string(RedisKeys::kMaxSessionNameBytes) +
                       " bytes, and no other program may write to this key");
  }
  return {};
}

// The session stays in `sessions` until it is empty, so the next recovery, here or elsewhere, continues where this one
// ends.
Result<GiveBackResult> RedisRecovery::giveBackSome(const std::string& session, std::size_t limit) {
  auto held = readLeased(*queue_, session, Reading::OneRequest, limit);
  if (!held) return held.error();
  std::vector<TaskToGiveBack> tasks;
  for (auto& task : *held) tasks.push_back(expiredTaskToGiveBack(std::move(task)));
  LEPTIR_FAILPOINT("redis.recover.before_give_back");
  return leptir::redis::giveBack(*queue_, session, GiveBackCaller::Claimer, tasks);
}

}  // namespace leptir::redis
