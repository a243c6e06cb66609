#include "instance/predecessor.h"

#include "base/instance_mark.h"
#include "base/instance_processes.h"
#include "base/task_id.h"
#include "link/status_board.h"

namespace leptir {
namespace {

// The lock says that its master is dead. Copied with its folder a board has no lock, so the master's number is looked
// at too.
bool isDead(const BoardInstance& board) {
  return isInstanceName(board.session) && markOf(board.pid, board.session) == Membership::No;
}

}  // namespace

std::string endPredecessor(const std::filesystem::path& boardFile, const Logger& logger) {
  const auto board = StatusBoard::takeOver(boardFile);
  if (!board) {
    const bool cannotTell = board.error().code() == ErrorCode::Unavailable || board.error().code() == ErrorCode::Lost;
    if (cannotTell) logger.warning("What ran here before is left alone: " + board.error().message());
    return {};
  }
  if (!isDead(board->instance)) return {};
  const auto& name = board->instance.session;
  const auto left = endProcessesOf(name);
  if (!left) {
    logger.warning("What the instance that was killed here (" + name +
                   ") left is not ended: " + left.error().message());
    return {};
  }
  if (!left->ended.empty()) {
    logger.warning("Killed what the instance that was killed here (" + name + ", master " +
                   std::to_string(board->instance.pid) + ") left: " + listed(left->ended));
  }
  if (left->allGone) return name;
  logger.warning("A process of the instance that was killed here (" + name + ") did not end.");
  return {};
}

}  // namespace leptir
