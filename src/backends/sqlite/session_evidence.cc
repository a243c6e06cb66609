#include "backends/sqlite/session_evidence.h"

#include <unistd.h>

#include <utility>

#include "backends/sqlite/session_lock.h"
#include "backends/sqlite/sqlite_file.h"
#include "base/instance_processes.h"
#include "base/private_file.h"
#include "base/process_view.h"
#include "base/task_id.h"

namespace leptir {
namespace {

using Verdict = Evidence::Verdict;
using Answer = SessionLockAttempt::Answer;

Evidence evidence(Verdict verdict, std::string reason) {
  return {.verdict = verdict, .reason = std::move(reason), .lock = {}};
}

// The file that the instance locked is gone, so its processes are the only other sign of life: where this process would
// see them, or where a start of the machine has ended them all.
Evidence byProcesses(const SessionOrigin& origin) {
  const std::string gone = "its lock file is gone";
  const auto view = processView();
  if (!view) return evidence(Verdict::CannotTell, gone + ", and " + view.error().message());
  if (!origin.boot.empty() && !view->boot.empty() && origin.boot != view->boot) {
    return evidence(Verdict::Dead, gone + ", and the machine was started anew since");
  }
  if (!origin.visible.empty() && origin.visible != view->visible) {
    return evidence(Verdict::CannotTell, gone + ", and its processes may be out of sight (another user or container)");
  }
  const auto living = processesOf(origin.instance);
  if (!living) return evidence(Verdict::CannotTell, gone + ", and " + living.error().message());
  if (!living->empty()) return evidence(Verdict::CannotTell, gone + ", but processes of it live: " + listed(*living));
  return evidence(Verdict::Dead, gone + ", and no process of it lives");
}

bool isTheFileThatItLocked(const SessionOrigin& origin, const SessionLockAttempt& attempt) {
  return origin.lock == 0 || origin.lock == static_cast<std::int64_t>(attempt.inode);
}

Evidence byLock(SessionLockAttempt attempt) {
  auto dead = evidence(Verdict::Dead, "its lock was free and is ours now");
  dead.mayEndProcesses = attempt.owner == ::geteuid();  // a lock file that another user made proves nothing of ours
  if (!dead.mayEndProcesses) dead.reason += "; " + userText(attempt.owner) + " owns it";
  dead.lock = std::move(attempt.lock);
  return dead;
}

}  // namespace

Evidence evidenceOf(const SessionOrigin& origin, const std::filesystem::path& database) {
  if (!isInstanceName(origin.instance)) return evidence(Verdict::NotOfThisFile, "no instance has such a name");
  auto attempt = tryToLockSession(sessionLockPath(database, origin.instance));
  if (attempt.answer == Answer::Held) return evidence(Verdict::Lives, "its lock is held");
  if (attempt.answer == Answer::CannotTell) return evidence(Verdict::CannotTell, "its lock file: " + attempt.why);
  if (origin.file == SessionOrigin::File::Other) {
    return evidence(Verdict::NotOfThisFile, "it was opened in another file, of which this is a copy or a backup");
  }
  const bool locked = attempt.answer == Answer::LockedByUs && isTheFileThatItLocked(origin, attempt);
  return locked ? byLock(std::move(attempt)) : byProcesses(origin);
}

}  // namespace leptir
