#include "instance/find_instance.h"

#include <fmt/format.h>

#include <ctime>
#include <system_error>

namespace leptir {
namespace {

namespace fs = std::filesystem;

// The pid file in that folder whose lock this process holds.
std::optional<fs::path> pidFileHeldBy(int pid, const fs::path& folder) {
  std::error_code unreadable;
  for (const auto& entry : fs::directory_iterator(folder, unreadable)) {
    if (entry.path().extension() != ".pid") continue;
    if (const auto holder = holderOf(entry.path()); holder && *holder == pid) return entry.path();
  }
  return std::nullopt;
}

std::string dateOf(Time time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%F %T UTC", &utc)};
}

}  // namespace

Result<InstanceLocks> InstanceLocks::take(const InstanceFiles& files) {
  std::optional<PidFile> alias;
  if (!files.aliasFile.empty()) {
    auto taken = PidFile::take(files.aliasFile);
    if (!taken) return taken.error();
    alias = std::move(*taken);
  }
  auto own = PidFile::take(files.pidFile);
  if (!own) {
    if (alias) alias->remove();
    return own.error();
  }
  InstanceLocks locks(std::move(*own));
  locks.alias_ = std::move(alias);
  return locks;
}

void InstanceLocks::closeInChild() {
  own_.closeInChild();
  if (alias_) alias_->closeInChild();
}

void InstanceLocks::remove() {
  own_.remove();
  if (alias_) alias_->remove();
}

InstanceFiles filesOfRunning(const InstanceFiles& asked) {
  if (asked.aliasFile.empty()) return asked;
  const auto holder = holderOf(asked.aliasFile);
  if (!holder || !*holder) return asked;
  auto pidFile = pidFileHeldBy(**holder, asked.pidFile.parent_path());
  if (!pidFile) return asked;
  auto board = *pidFile;
  return {.pidFile = *pidFile, .boardFile = board.replace_extension(".board"), .aliasFile = asked.aliasFile};
}

Result<std::optional<BoardInstance>> findInstance(const InstanceFiles& files) {
  const auto running = filesOfRunning(files);
  const auto holder = holderOf(running.pidFile);
  if (!holder) return holder.error();
  if (!*holder) return std::optional<BoardInstance>();
  auto board = StatusBoard::read(running.boardFile, systemClock());
  if (board && board->pid == **holder) return std::optional(std::move(*board));
  BoardInstance unknown;
  unknown.pid = **holder;
  unknown.waitsFor = "its first steps";
  if (!board && board.error().code() == ErrorCode::Corrupt) {
    unknown.state = InstanceState::Waiting;
    unknown.waitsFor = "an upgrade: its status board is that of another version of leptir";
  }
  return std::optional(std::move(unknown));
}

std::string describeInstance(const BoardInstance& instance) {
  auto text = fmt::format("pid {}", instance.pid);
  if (instance.since != Time{}) text += ", since " + dateOf(instance.since);
  if (instance.session.empty()) return text;
  return text + ", configuration " + (instance.configuration.empty() ? "none" : instance.configuration);
}

}  // namespace leptir
