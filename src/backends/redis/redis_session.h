// What one session holds on a redis-server (leptir/simple_broker.h has the contract).
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "backends/redis/redis_bell.h"
#include "backends/redis/redis_queue.h"
#include "leptir/simple_broker.h"

namespace leptir {

class RedisSession final : public BrokerSession {
 public:
  RedisSession(std::shared_ptr<RedisQueue> queue, std::string name);

  Result<std::vector<LeasedTask>> popBrokerTasks(std::size_t limit, Duration longest, Wake& wake) override;
  Result<Renewal> renew(std::span<const LeaseId> held, Duration lease) override;
  Result<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases) override;
  Result<AcknowledgedAndPopped> acknowledgeAndPop(std::span<const LeaseId> leases, std::size_t limit,
                                                  Wake& wake) override;
  Result<std::vector<LeaseId>> release(std::span<const Released> tasks) override;
  Result<std::vector<LeaseId>> bury(std::span<const Buried> tasks) override;
  Result<std::vector<LeasedTask>> heldTasks() override;
  Result<void> close() override;

  // Lost: it was claimed, closed or never opened.
  Result<void> checkOpen();

 private:
  // What one look at the queue gave: tasks, or how long there will be none.
  struct Look {
    std::vector<LeasedTask> tasks;
    Duration untilNext = Duration::max();
  };
  Result<Look> lease(std::size_t limit);
  Result<Look> lookOf(RedisValue answer);
  Result<void> checkLook(RedisValue answer) const;
  Result<std::vector<LeaseId>> releasePiece(std::span<const Released> tasks);
  Result<std::vector<LeaseId>> buryPiece(std::span<const Buried> tasks);
  Result<void> addWishes(std::vector<LeasedTask>& tasks);
  Result<RedisReply> run(const RedisScript& script, std::initializer_list<std::string_view> keys,
                         const RedisArguments& arguments);
  std::string_view holdOfTheFirst() const;  // µs
  // Out of what is held before anything is sent: whatever becomes of this try, the next one asks for each.
  bool letGo(std::span<const LeaseId> leases);
  std::string where() const { return connection_.address().where(); }
  Error lost() const;

  std::shared_ptr<RedisQueue> queue_;
  RedisConnection& connection_;
  const RedisKeys& keys_;
  const std::string name_, leased_, left_;
  std::unordered_set<std::uint64_t> held_;  // what this object leased and did not try to settle yet
  RedisBell bell_;
};

}  // namespace leptir
