// Claims expired sessions and gives orphans back to the queue: leased tasks whose session is not an open one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_queue.h"
#include "leptir/result.h"

namespace leptir::mongodb {

class MongodbRecovery {
 public:
  explicit MongodbRecovery(std::shared_ptr<MongodbQueue> queue) : queue_(std::move(queue)) {}

  // As SimpleBroker::recoverExpired.
  Result<std::size_t> recover(std::size_t limit);

 private:
  MongodbResult<std::vector<std::string>> endedHolders();
  MongodbResult<std::vector<Document>> orphans(std::size_t limit);
  MongodbResult<std::size_t> giveBack(const std::vector<Document>& orphans, Time now);
  Document giveBackStatement(DocumentView orphan, Time now);

  std::shared_ptr<MongodbQueue> queue_;
};

}  // namespace leptir::mongodb
