// Finds, lists and changes tasks on a MongoDB deployment (leptir/spi/task_keeper.h has the contract).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_adoption.h"
#include "backends/mongodb/mongodb_queue.h"
#include "backends/mongodb/mongodb_task_changes.h"
#include "leptir/spi/buried_lookup.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::mongodb {

class MongodbKeeper final : public TaskKeeper, public BuriedLookup {
 public:
  explicit MongodbKeeper(std::shared_ptr<MongodbQueue> queue)
      : queue_(std::move(queue)), client_(*queue_->client), adoption_(*queue_), changes_(*queue_, adoption_) {}

  Result<FoundTask> find(std::string_view id) override;
  Result<void> remove(std::string_view id) override;
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override;
  Result<std::vector<FoundTask>> listBuried(Page page) override;
  Result<std::size_t> revive(std::span<const std::string> ids) override { return changes_.revive(ids); }
  Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) override;
  Result<std::optional<Time>> earliestDue() override;
  Result<std::size_t> removeMany(std::span<const std::string> ids) override { return changes_.removeMany(ids); }
  Result<std::size_t> reschedule(std::span<const std::string> ids, std::optional<Time> due) override {
    return changes_.reschedule(ids, due);
  }
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;
  Result<std::vector<ListedSession>> listSessions(Page page) override;

 private:
  enum class Read { Whole, State };
  MongodbResult<std::optional<Document>> locate(std::string_view id, Read read);
  MongodbResult<std::optional<Document>> findById(std::string_view id, Read read);
  MongodbResult<std::vector<Document>> findBuried(std::span<const std::string> ids, const Document& options);
  // False: the task is not as it was found.
  MongodbResult<bool> removeFound(DocumentView found);
  MongodbResult<bool> requestCancel(DocumentView found, std::string_view by);

  std::shared_ptr<MongodbQueue> queue_;
  MongodbClient& client_;
  MongodbAdoption adoption_;
  MongodbTaskChanges changes_;
};

}  // namespace leptir::mongodb
