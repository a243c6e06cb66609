#include "instance/predecessor.h"

#include "base/instance_mark.h"
#include "base/instance_processes.h"
#include "base/task_id.h"
#include "link/status_board.h"

namespace leptir::instance {
namespace {

// The free lock of the board says that its master is dead. But a board that was copied with its folder has no lock, so
// the pid of the master is checked, too.
bool isDead(const link::BoardInstance& board) {
  return base::isInstanceName(board.session) &&
         base::checkInstanceMark(board.pid, board.session) == base::Membership::No;
}

}  // namespace

std::string cleanUpPredecessor(const std::filesystem::path& boardFile, const Logger& logger) {
  const auto board = link::StatusBoard::takeOver(boardFile);
  if (!board) {
    const bool cannotTell = board.error().code() == ErrorCode::Unavailable || board.error().code() == ErrorCode::Lost;
    if (cannotTell)
      logger.warning("Processes of an earlier instance, if any, are left alone: " + board.error().message());
    return {};
  }
  if (!isDead(board->instance)) return {};
  const auto& name = board->instance.session;
  const auto left = base::killProcessesOf(name);
  if (!left) {
    logger.warning("Cannot kill the processes that are left of instance " + name +
                   ", which was killed here: " + left.error().message());
    return {};
  }
  if (!left->signalled.empty()) {
    logger.warning("Killed processes that are left of the instance that was killed here (" + name + ", master " +
                   std::to_string(board->instance.pid) + "): " + base::processListText(left->signalled));
  }
  if (left->allGone) return name;
  logger.warning("A process of the instance that was killed here (" + name + ") did not end.");
  return {};
}

}  // namespace leptir::instance
