// Finds, lists, cancels, removes, reschedules and revives tasks in a SQLite queue, for commands and dashboards.
#pragma once

#include <memory>

#include "backends/sqlite/sqlite_broker_state.h"
#include "backends/sqlite/sqlite_statement.h"
#include "backends/sqlite/task_lists.h"
#include "leptir/spi/buried_lookup.h"

namespace leptir::sqlite {

class SqliteKeeper final : public TaskKeeper, public BuriedLookup {
 public:
  explicit SqliteKeeper(std::shared_ptr<SqliteBrokerState> state);

  Result<FoundTask> find(std::string_view id) override;
  Result<void> remove(std::string_view id) override;
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override;
  Result<std::vector<FoundTask>> listBuried(Page page) override;
  Result<std::size_t> revive(std::span<const std::string> ids) override;
  Result<TaskList> list(const TaskFilter& filter, std::string_view cursor, std::size_t limit) override {
    return lists_.list(filter, cursor, limit);
  }
  Result<std::optional<Time>> earliestDue() override { return lists_.earliestDue(); }
  Result<std::size_t> removeMany(std::span<const std::string> ids) override;
  Result<std::size_t> reschedule(std::span<const std::string> ids, std::optional<Time> due) override;
  Result<std::vector<ListedSession>> listSessions(Page page) override;
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;

 private:
  Result<std::int64_t> holderOf(std::string_view id);

  std::shared_ptr<SqliteBrokerState> state_;
  SqliteConnection& connection_;
  TaskLists lists_;
  SqliteStatement find_;
  SqliteStatement holder_;
  SqliteStatement remove_;
  SqliteStatement requestCancel_;
  SqliteStatement buried_;
  SqliteStatement revive_;
  SqliteStatement removeUnlessLeased_;
  SqliteStatement reschedule_;
  SqliteStatement findBuried_;
  SqliteStatement listSessions_;
};

}  // namespace leptir::sqlite
