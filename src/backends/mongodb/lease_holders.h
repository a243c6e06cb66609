// Which session has leased which tasks: settling reads it where a reply is lost or reports fewer changes.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "backends/mongodb/mongodb_queue.h"
#include "leptir/spi/broker_task.h"

namespace leptir::mongodb {

struct LeaseHolder {
  std::string session{};  // sessionName(); empty: no session has leased it now
  std::int64_t number = 0;
  std::string token{};  // of the last batch that changed the task

  bool has(const LeaseId& lease, const std::string& by) const {
    return session == by && number == static_cast<std::int64_t>(lease.number);
  }
  bool changedBy(const std::string& batch, const LeaseId& lease) const {
    return token == batch && number == static_cast<std::int64_t>(lease.number);
  }
};

// By handle; without the tasks that are not in the store.
using LeaseHolders = std::map<std::string, LeaseHolder>;
MongodbResult<LeaseHolders> findHolders(MongodbQueue& queue, std::span<const LeaseId> leases);

}  // namespace leptir::mongodb
