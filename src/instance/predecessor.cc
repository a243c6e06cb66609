#include "instance/predecessor.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/instance_mark.h"
#include "base/instance_processes.h"
#include "base/task_id.h"
#include "link/status_board.h"

namespace leptir {
namespace {

// A board that somebody else could have written would name whom to kill.
bool isOurs(const std::filesystem::path& file) {
  struct stat info{};
  return ::lstat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == ::geteuid();
}

}  // namespace

std::string endPredecessor(const std::filesystem::path& boardFile, const Logger& logger) {
  if (!isOurs(boardFile)) return {};
  const auto board = StatusBoard::read(boardFile, systemClock());
  if (!board || !isInstanceName(board->session) || bearsMark(board->pid, board->session)) return {};
  if (endProcessesOf(board->session)) return board->session;
  logger.warning("A process of the instance that was killed here (" + board->session + ") did not end.");
  return {};
}

}  // namespace leptir
