// Finds, cancels, removes and revives single tasks in a SQLite queue, for commands and dashboards.
#pragma once

#include <memory>

#include "backends/sqlite/sqlite_queue.h"
#include "leptir/spi/buried_lookup.h"

namespace leptir::sqlite {

class SqliteKeeper final : public TaskKeeper, public BuriedLookup {
 public:
  explicit SqliteKeeper(std::shared_ptr<SqliteQueue> queue);

  Result<FoundTask> find(std::string_view id) override;
  Result<void> remove(std::string_view id) override;
  Result<CancelResult> cancel(std::string_view id, std::string_view by) override;
  Result<std::vector<FoundTask>> listBuried(Page page) override;
  Result<std::size_t> revive(std::span<const std::string> ids) override;
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;

 private:
  FoundTask readFoundTask(const SqliteStatement& row) const;
  Result<std::int64_t> holderOf(std::string_view id);

  std::shared_ptr<SqliteQueue> queue_;
  SqliteConnection& connection_;
  SqliteStatement find_;
  SqliteStatement holder_;
  SqliteStatement remove_;
  SqliteStatement requestCancel_;
  SqliteStatement buried_;
  SqliteStatement revive_;
  SqliteStatement buriedById_;
};

}  // namespace leptir::sqlite
