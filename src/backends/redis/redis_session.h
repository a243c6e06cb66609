// A session on a redis-server: leases tasks and settles them (leptir/spi/simple_broker.h has the contract).
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "backends/redis/redis_doorbell.h"
#include "backends/redis/redis_queue.h"
#include "backends/redis/redis_session_calls.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::redis {

class RedisSession final : public BrokerSession {
 public:
  RedisSession(std::shared_ptr<RedisQueue> queue, std::string name);

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override;
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override;
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override;
  Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                  Wake& wake) override;
  Result<std::vector<LeaseId>> release(std::span<const TaskRelease> tasks) override;
  Result<void> leaseAgain(std::span<const LeaseId> released) override;
  Result<std::vector<LeaseId>> bury(std::span<const TaskBurial> tasks) override;
  Result<std::vector<LeasedTask>> heldTasks() override;
  Result<void> close() override;

  // Lost: the session was claimed, closed or never opened.
  Result<void> checkOpen();

 private:
  // What one run of the lease script returned: tasks, or how long no task will be due.
  struct LeaseResult {
    std::vector<LeasedTask> tasks;
    Duration untilNext = Duration::max();
  };
  Result<LeaseResult> lease(std::size_t limit);
  Result<LeaseResult> parseLeaseReply(RedisValue answer);
  Result<void> checkLeaseReply(RedisValue answer) const;
  Result<std::vector<LeaseId>> releasePiece(std::span<const TaskRelease> tasks);
  Result<std::vector<LeaseId>> buryPiece(std::span<const TaskBurial> tasks);
  Result<void> addCancelRequests(std::vector<LeasedTask>& tasks);
  // Runs a script that a lost session must not run.
  Result<RedisReply> run(const RedisScriptCall& call);
  // Removes leases from held_ before the acknowledgement is sent: if that fails, the next one lets the script check
  // each lease. All: all of them were in held_.
  calls::HeldLeases forgetHeld(std::span<const LeaseId> leases);
  std::string where() const { return connection_.address().where(); }
  Error lost() const;

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
  const std::string name_;
  std::unordered_set<std::uint64_t> held_;  // lease numbers that this object leased and has not tried to settle yet
  RedisDoorbell doorbell_;
};

}  // namespace leptir::redis
