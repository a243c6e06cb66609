// Changes many tasks at once: each is compared with how it was found, so that no task is changed that a session has
// leased meanwhile.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_adoption.h"
#include "backends/mongodb/mongodb_queue.h"
#include "backends/mongodb/task_update.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// A filter for the document while it is in the state, and under the lease, in which it was found.
Document unchangedFilter(DocumentView document);

class MongodbTaskChanges {
 public:
  // `queue` and `adoption` must outlive this object.
  MongodbTaskChanges(MongodbQueue& queue, MongodbAdoption& adoption)
      : queue_(queue), client_(*queue.client), adoption_(adoption) {}

  // See TaskKeeper.
  Result<std::size_t> removeMany(std::span<const std::string> ids);
  Result<std::size_t> reschedule(std::span<const std::string> ids, std::optional<Time> due);
  Result<std::size_t> revive(std::span<const std::string> ids);

 private:
  MongodbResult<std::vector<Document>> findInStates(std::span<const std::string> ids,
                                                    std::span<const std::string> states);
  MongodbResult<std::vector<Document>> findOrAdopt(std::span<const std::string> ids,
                                                   std::span<const std::string> states);
  MongodbResult<std::size_t> remove(std::vector<Document> found);
  Result<std::size_t> update(const std::vector<Document>& found, const TaskUpdate& update);

  MongodbQueue& queue_;
  MongodbClient& client_;
  MongodbAdoption& adoption_;
};

}  // namespace leptir::mongodb
