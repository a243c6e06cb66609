// Single tasks by their ids, for commands and dashboards (task_keeper.h).
#pragma once

#include "folder_store.h"
#include "leptir/spi/buried_lookup.h"
#include "leptir/spi/task_keeper.h"

namespace folder {

class FolderKeeper final : public leptir::TaskKeeper, public leptir::BuriedLookup {
 public:
  explicit FolderKeeper(FolderStore& store) : store_(store) {}

  Result<FoundTask> find(std::string_view id) override;
  Result<void> remove(std::string_view id) override;
  Result<leptir::CancelResult> cancel(std::string_view id, std::string_view by) override;
  Result<std::vector<FoundTask>> listBuried(leptir::Page page) override;
  Result<std::size_t> revive(std::span<const std::string> ids) override;
  Result<std::vector<leptir::ListedSession>> listSessions(leptir::Page page) override;
  Result<std::vector<FoundTask>> buriedAmong(std::span<const std::string> ids) override;

 private:
  // Called with the lock held. NotFound: the queue has no such task.
  Result<StoredTask> taskOf(std::string_view id);

  FolderStore& store_;
};

}  // namespace folder
