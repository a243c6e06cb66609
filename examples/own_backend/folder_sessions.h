// Sessions: who may hold leases. "A session expires `lease` from now unless renew() prolongs it" (simple_broker.h).
//
// Each instance has one file, that of its last session. A task names the session that holds it, so a session is over as
// soon as its file says so, or names a later epoch: its tasks are then recovered one by one.
#pragma once

#include <set>
#include <string>

#include "folder_store.h"
#include "leptir/page.h"
#include "leptir/spi/broker_session.h"
#include "leptir/spi/task_keeper.h"

namespace folder {

class FolderSessions {
 public:
  explicit FolderSessions(FolderStore& store) : store_(store) {}

  Result<void> open(const SessionId& id, const leptir::SessionInfo& info, Duration lease);
  // Lost: the session was claimed or closed, or is unknown.
  Result<void> checkOpen(const SessionId& id);
  Result<void> close(const SessionId& id);
  // Called with the lock held.
  Result<StoredSession> openSession(const SessionId& id);

  // Claims sessions that have expired, except those of `ownInstances`, and puts at most `limit` of their tasks back.
  Result<std::size_t> recoverExpired(std::size_t limit, const std::set<std::string>& ownInstances);
  Result<void> expire(std::string_view instance);
  Result<std::vector<leptir::ListedSession>> list(leptir::Page page);

 private:
  Result<std::set<std::string>> claimExpired(const std::set<std::string>& ownInstances);
  Result<void> endSession(StoredSession session);
  Result<void> recover(StoredTask task);

  FolderStore& store_;
};

}  // namespace folder
