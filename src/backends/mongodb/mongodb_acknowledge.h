// Acknowledges tasks of one session: removes their documents, each only while it is leased as the caller says.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "backends/mongodb/mongodb_queue.h"
#include "leptir/spi/broker_task.h"

namespace leptir::mongodb {

// One thread at a time.
class MongodbAcknowledge {
 public:
  // `queue` must outlive this object. `session`: sessionName().
  MongodbAcknowledge(MongodbQueue& queue, std::string session) : queue_(queue), session_(std::move(session)) {}

  // The session has leased these tasks: their acknowledgement needs no look at them first.
  void remember(std::span<const LeasedTask> leased);
  // The tasks were settled in another way.
  void forget(const std::string& handle) { known_.erase(handle); }
  void forgetAll() { known_.clear(); }

  // Returns the leases that were not this session's any more.
  MongodbResult<std::vector<LeaseId>> acknowledge(std::span<const LeaseId> leases);

 private:
  enum class Missing { NotOurs, Acknowledged };

  bool eraseAndCheckKnown(std::span<const LeaseId> leases);
  MongodbResult<std::vector<LeaseId>> keepOurs(std::vector<LeaseId>& leases, Missing missing);
  MongodbResult<std::int64_t> remove(std::span<const LeaseId> leases);
  void noteVanished(std::size_t tasks);

  MongodbQueue& queue_;
  const std::string session_;
  std::unordered_set<std::string> known_;  // handles of tasks that the session leased and has not settled
};

}  // namespace leptir::mongodb
