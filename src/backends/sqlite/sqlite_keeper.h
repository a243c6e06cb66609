// Finds, cancels, removes and revives single tasks in a SQLite queue, for commands and dashboards.
#pragma once

#include <memory>

#include "backends/sqlite/sqlite_broker_state.h"
#include "backends/sqlite/sqlite_statement.h"
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
  Result<std::vector<ListedSession>> listSessions(Page page) override;
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;

 private:
  Result<std::int64_t> holderOf(std::string_view id);

  std::shared_ptr<SqliteBrokerState> state_;
  SqliteConnection& connection_;
  SqliteStatement find_;
  SqliteStatement holder_;
  SqliteStatement remove_;
  SqliteStatement requestCancel_;
  SqliteStatement buried_;
  SqliteStatement revive_;
  SqliteStatement findBuried_;
  SqliteStatement listSessions_;
};

}  // namespace leptir::sqlite
