#include "backends/sqlite/session_evidence.h"

#include <unistd.h>

#include <utility>

#include "backends/sqlite/session_lock.h"
#include "backends/sqlite/sqlite_file.h"
#include "base/instance_processes.h"
#include "base/private_file.h"
#include "base/process_view.h"
#include "base/task_id.h"

namespace leptir::sqlite {
namespace {

using Liveness = Evidence::Liveness;

Evidence evidence(Liveness liveness, std::string reason) {
  return {.liveness = liveness, .reason = std::move(reason), .lock = {}};
}

// For an instance whose lock file is gone. It is dead if the machine was started again since, or if this process would
// see the instance's processes and finds none.
Evidence judgeByProcesses(const SessionOrigin& origin) {
  const std::string gone = "its lock file is gone";
  const auto view = base::processView();
  if (!view) return evidence(Liveness::CannotTell, gone + ", and " + view.error().message());
  if (!origin.boot.empty() && !view->boot.empty() && origin.boot != view->boot) {
    return evidence(Liveness::Dead, gone + ", and the machine was restarted since");
  }
  if (!origin.visible.empty() && origin.visible != view->visible) {
    return evidence(Liveness::CannotTell, gone + ", and its processes may be out of sight (another user or container)");
  }
  const auto living = base::processesOf(origin.instance);
  if (!living) return evidence(Liveness::CannotTell, gone + ", and " + living.error().message());
  if (!living->empty())
    return evidence(Liveness::CannotTell, gone + ", but processes of it live: " + base::processListText(*living));
  return evidence(Liveness::Dead, gone + ", and no process of it lives");
}

bool isRecordedLockFile(const SessionOrigin& origin, const SessionLockAttempt& attempt) {
  return origin.lock == 0 || origin.lock == static_cast<std::int64_t>(attempt.inode);
}

Evidence judgeByLock(SessionLockAttempt attempt) {
  auto dead = evidence(Liveness::Dead, "its lock was free and is ours now");
  dead.mayKillProcesses = attempt.owner == ::geteuid();  // another user's file proves nothing of our processes
  if (!dead.mayKillProcesses) dead.reason += "; " + base::describeUser(attempt.owner) + " owns it";
  dead.lock = std::move(attempt.lock);
  return dead;
}

}  // namespace

Evidence evidenceOf(const SessionOrigin& origin, const std::filesystem::path& database) {
  if (!base::isInstanceName(origin.instance)) return evidence(Liveness::NotOfThisFile, "no instance has such a name");
  const auto lockFile = sessionLockPath(database, origin.instance);
  auto attempt = tryToLockSession(lockFile);
  if (attempt.answer == LockAnswer::Held) return evidence(Liveness::Alive, "its lock is held");
  if (attempt.answer == LockAnswer::CannotTell)
    return evidence(Liveness::CannotTell, "its lock file " + lockFile.string() + ": " + attempt.why);
  if (origin.file == SessionOrigin::File::Other) {
    return evidence(Liveness::NotOfThisFile, "it was opened in another file, of which this is a copy or a backup");
  }
  const bool locked = attempt.answer == LockAnswer::LockedByUs && isRecordedLockFile(origin, attempt);
  return locked ? judgeByLock(std::move(attempt)) : judgeByProcesses(origin);
}

}  // namespace leptir::sqlite
