#include "backends/sqlite/session_judge.h"

#include "base/instance_mark.h"
#include "base/instance_processes.h"
#include "base/task_id.h"

namespace leptir::sqlite {

bool SessionJudge::mayClaim(const SessionRow& session, const Evidence& evidence) {
  switch (evidence.liveness) {
    case Evidence::Liveness::Alive:
      return false;
    case Evidence::Liveness::CannotTell:
      noteOnce(session, "is taken for alive, and keeps its tasks: " + evidence.reason);
      return false;
    case Evidence::Liveness::NotOfThisFile:
      noteOnce(
          session,
          "holds no tasks in this file any more: they return to their queue, and its processes are left running: " +
              evidence.reason);
      return true;
    case Evidence::Liveness::Dead:
      return mayClaimFromDeadInstance(session, evidence);
  }
  return false;
}

bool SessionJudge::mayClaimFromDeadInstance(const SessionRow& session, const Evidence& evidence) {
  const auto master = static_cast<pid_t>(session.info.pid);
  if (base::checkInstanceMark(master, session.origin.instance) == base::Membership::Yes) {
    noteOnce(session, "is taken for alive, and keeps its tasks: " + evidence.reason + ", but its master lives");
    return false;
  }
  if (evidence.mayKillProcesses) return killRemainingProcesses(session, evidence);
  noteOnce(session, "is dead (" + evidence.reason + "): its tasks return to their queue; no process was ended");
  return true;
}

bool SessionJudge::killRemainingProcesses(const SessionRow& session, const Evidence& evidence) {
  const auto left = base::killProcessesOf(session.origin.instance);
  if (!left && left.error().code() == ErrorCode::Lost) {
    noteOnce(session,
             "is taken for alive, and keeps its tasks: " + evidence.reason + ", but " + left.error().message());
    return false;
  }
  if (!left) {
    noteOnce(session, "is dead (" + evidence.reason +
                          "), but keeps its tasks, since its remaining processes cannot be killed: " +
                          left.error().message() + "; end them by hand");
    return false;
  }
  if (!left->signalled.empty()) {
    noteOnce(session, "is dead (" + evidence.reason +
                          "): killed its remaining processes: " + base::processListText(left->signalled));
  }
  if (!left->allGone) noteOnce(session, "is dead, but one of its processes does not end; its tasks wait for that");
  return left->allGone;
}

void SessionJudge::noteOnce(const SessionRow& session, const std::string& what) {
  auto& last = lastNotice_[session.number];
  if (std::exchange(last, what) == what) return;
  const auto name =
      base::isInstanceName(session.origin.instance) ? session.origin.instance : "whose stored name is malformed";
  note("instance " + name + " (master " + std::to_string(session.info.pid) + ") " + what);
}

}  // namespace leptir::sqlite
