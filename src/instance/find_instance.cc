#include "instance/find_instance.h"

#include <fmt/format.h>

#include <cerrno>
#include <ctime>
#include <system_error>
#include <thread>

#include "base/errno_text.h"
#include "config/state_paths.h"

namespace leptir::instance {
namespace {

namespace fs = std::filesystem;

// The files, in that folder, of the instance whose master has this pid.
std::optional<InstanceFiles> instanceFilesOf(int master, const fs::path& folder) {
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    auto pidFile = entry.path(), board = entry.path();
    if (pidFile.extension() != ".pid" && pidFile.extension() != ".board") continue;
    InstanceFiles files{.pidFile = pidFile.replace_extension(".pid"), .boardFile = board.replace_extension(".board")};
    if (const auto found = masterOf(files); found && *found == master) return files;
  }
  return std::nullopt;
}

// Waits up to 0.2 s, because a process that is being killed gives up its pid file a moment before its board. A board
// that cannot be checked may be that of a living instance.
Result<void> checkIsFree(const fs::path& board) {
  constexpr int kMaxTries = 100;
  for (int tries = 1;; ++tries) {
    const auto lock = link::boardLockOf(board);
    const int error = errno;
    if (lock == link::BoardLock::Free) return {};
    if (tries == kMaxTries && lock == link::BoardLock::Held)
      return Error(ErrorCode::Lost, board.string() + ": another instance holds it");
    if (tries == kMaxTries)
      return Error(ErrorCode::Unavailable,
                   board.string() + ": cannot tell whether another instance holds it: " + base::errnoText(error));
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::string dateOf(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%F %T UTC", &utc)};
}

}  // namespace

Result<void> InstanceLocks::add(const fs::path& file) {
  auto taken = master::PidFile::take(file);
  if (!taken) return taken.error();
  locks_.push_back({file, std::move(*taken)});
  return {};
}

Result<InstanceLocks> InstanceLocks::take(const InstanceFiles& files) {
  InstanceLocks locks;
  const auto refuse = [&locks](const Error& why) {
    locks.remove();
    return why;
  };
  for (const auto& file : {files.aliasFile, files.pidFile}) {
    if (file.empty()) continue;
    if (const auto taken = locks.add(file); !taken) return refuse(taken.error());
  }
  if (const auto free = checkIsFree(files.boardFile); !free) return refuse(free.error());
  return locks;
}

void InstanceLocks::closeInChild() {
  for (auto& lock : locks_) lock.held.closeInChild();
}

Result<std::vector<fs::path>> InstanceLocks::restore() {
  std::vector<fs::path> restored;
  for (auto& [file, held] : locks_) {
    if (auto made = config::makeFolderFor(file); !made) return made.error();
    const auto isAnew = held.restore();
    if (!isAnew) return isAnew.error();
    if (*isAnew) restored.push_back(file);
  }
  return restored;
}

void InstanceLocks::remove() {
  for (auto& lock : locks_) lock.held.remove();
}

InstanceFiles runningInstanceFiles(const InstanceFiles& asked) {
  if (asked.aliasFile.empty()) return asked;
  const auto master = master::pidFileHolder(asked.aliasFile);
  if (!master || !*master) return asked;
  auto files = instanceFilesOf(**master, asked.pidFile.parent_path());
  if (!files) return asked;
  files->aliasFile = asked.aliasFile;
  return *files;
}

Result<std::optional<int>> masterOf(const InstanceFiles& files) {
  auto holder = master::pidFileHolder(files.pidFile);
  if (holder && *holder) return holder;
  auto master = link::StatusBoard::masterOf(files.boardFile);
  if (!holder) return master && *master ? master : holder;
  return master;
}

Result<std::optional<link::BoardInstance>> findInstance(const InstanceFiles& files) {
  const auto running = runningInstanceFiles(files);
  const auto master = masterOf(running);
  if (!master) return master.error();
  if (!*master) return std::optional<link::BoardInstance>();
  auto board = link::StatusBoard::read(running.boardFile, systemClock());
  if (board && board->pid == **master) return std::optional(std::move(*board));
  link::BoardInstance unknown;
  unknown.pid = **master;
  unknown.waitsFor = "its first steps";
  if (!board && board.error().code() == ErrorCode::Corrupt) {
    unknown.state = link::InstanceState::Waiting;
    unknown.waitsFor = "an upgrade: its status board is that of another version of leptir";
  }
  return std::optional(std::move(unknown));
}

std::string describeInstance(const link::BoardInstance& instance) {
  auto text = fmt::format("pid {}", instance.pid);
  if (instance.since != Time{}) text += ", since " + dateOf(instance.since);
  if (instance.session.empty()) return text;
  return text + ", configuration " + (instance.configuration.empty() ? "none" : instance.configuration);
}

}  // namespace leptir::instance
