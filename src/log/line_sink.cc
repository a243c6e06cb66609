#include "log/line_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/errno_text.h"
#include "base/file_identity.h"
#include "log/log_file.h"
#include "log/log_line.h"

namespace leptir {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(1);

// How long a line waits for its reader where it may wait. After that no line waits until one is taken at once again.
constexpr Duration kPatience = std::chrono::seconds(1);

int streamOf(LogSinkConfig::Type type) {
  return type == LogSinkConfig::Type::Stdout ? STDOUT_FILENO : STDERR_FILENO;
}

BootTime bootTime() {
  return systemClock().bootTime();
}

}  // namespace

Result<std::unique_ptr<LineSink>> LineSink::open(const LogSinkConfig& config, const Clock& clock) {
  if (config.type != LogSinkConfig::Type::File) {
    return std::unique_ptr<LineSink>(new LineSink(config, {}, NonBlockingOutput(streamOf(config.type))));
  }
  std::error_code failed;
  const auto path = std::filesystem::absolute(config.path, failed);
  if (failed) return Error(ErrorCode::Unavailable, "log file '" + config.path + "': " + errnoText(failed.value()));
  auto file = openLogFile(config.name, path);
  if (!file) return file.error();
  std::unique_ptr<LineSink> sink(new LineSink(config, path, NonBlockingOutput(std::move(*file))));
  sink->nextLook_ = (clock.now() + kLookEvery).time_since_epoch().count();
  return sink;
}

LineSink::LineSink(const LogSinkConfig& config, std::string path, NonBlockingOutput output)
    : name_(config.name), type_(config.type), level_(config.level), path_(std::move(path)), output_(std::move(output)) {
  if (isFile()) noteIdentity();
}

void LineSink::noteIdentity() {
  const auto identity = FileIdentity::of(output_.descriptor());
  device_ = identity.device;
  inode_ = identity.inode;
}

// While another thread opens the file anew this may be wrong, and the line goes by the path: into the same file.
bool LineSink::isStillOurs() const {
  return FileIdentity::of(output_.descriptor()) == FileIdentity{device_, inode_};
}

std::string LineSink::target() const {
  if (isFile()) return path_;
  return type_ == LogSinkConfig::Type::Stdout ? "stdout" : "stderr";
}

void LineSink::write(std::string_view line, Time now) {
  if (isFile()) followRotation(now);
  queue_.isOurs() ? writeQueued(line, now) : writePatiently(line, now);
}

// Text at whose beginning a line begins, or goes on that is not torn.
ssize_t LineSink::writeLines(std::string_view text) {
  auto& torn = lost_.torn();
  if (torn.load(std::memory_order_relaxed) && torn.exchange(false)) {
    if (const auto ended = writeSome("\n"); ended <= 0) {
      torn = true;
      return ended;
    }
  }
  return writeSome(text);
}

ssize_t LineSink::writeSome(std::string_view text) const {
  if (isFile() && !isStillOurs()) return writeByPath(text);
  ssize_t written = -1;
  do written = output_.write(text);
  while (written < 0 && errno == EINTR);
  return written;
}

ssize_t LineSink::writeByPath(std::string_view text) const {
  auto file = openLogFile(name_, path_, rightsForSuccessor(output_.descriptor()));
  return file ? NonBlockingOutput(std::move(*file)).write(text) : -1;
}

// --- in a process that queues

void LineSink::writeQueued(std::string_view line, Time now) {
  const std::lock_guard lock(queue_.mutex());
  flushQueue(now);
  if (!queue_.add(line)) return lost_.add(1, EAGAIN);
  flushQueue(now);
}

bool LineSink::flush(Time now) {
  if (!queue_.isOurs()) return true;
  const std::lock_guard lock(queue_.mutex());
  return flushQueue(now);
}

// True: nothing waits, and every loss is said.
bool LineSink::flushQueue(Time now) {
  while (!queue_.isEmpty()) {
    const auto written = writeLines(queue_.text());
    if (written < 0 && errno == EAGAIN) return false;
    if (written <= 0) {
      giveUpQueue(errno);
      return false;
    }
    lost_.stalled() = false;
    queue_.drop(static_cast<std::size_t>(written));
  }
  return sayLossesOrQueueThem(now);
}

void LineSink::giveUpQueue(int error) {
  if (queue_.beginsInsideLine()) lost_.torn() = true;
  lost_.add(queue_.clear(), error);
}

bool LineSink::sayLossesOrQueueThem(Time now) {
  const auto lines = lost_.any() ? lost_.take() : 0;
  if (lines == 0) return true;
  queue_.add(formatLogLine(now, LogLevel::Warning, lost_.describe(lines, target())));  // it was empty: there is room
  const auto written = writeLines(queue_.text());
  if (written <= 0) {
    queue_.clear();
    lost_.putBack(lines);
    return false;
  }
  queue_.drop(static_cast<std::size_t>(written));
  return queue_.isEmpty();
}

bool LineSink::flushWithin(Duration longest, Time now) {
  const auto until = bootTime() + longest;
  while (!flush(now)) {
    const auto left = until - bootTime();
    if (left <= Duration::zero() || !output_.waitForRoom(left)) return false;
    if (lost_.any() && queue_.isEmpty()) return false;  // it is no slow reader: to wait does not help
  }
  return true;
}

std::string LineSink::takeLosses() {
  if (queue_.isOurs()) {
    const std::lock_guard lock(queue_.mutex());
    if (!queue_.isEmpty()) giveUpQueue(EAGAIN);
  }
  const auto lines = lost_.take();
  return lines == 0 ? std::string() : lost_.describe(lines, target());
}

// --- in any other process

void LineSink::writePatiently(std::string_view line, Time now) {
  int error = lost_.any() ? sayLosses(now) : 0;
  if (error == 0) error = writeAll(line);
  if (error != 0) return lost_.add(1, error);
  lost_.stalled() = false;
}

int LineSink::sayLosses(Time now) {
  const auto lines = lost_.take();
  if (lines == 0) return 0;  // another thread or process says them
  const int error = writeAll(formatLogLine(now, LogLevel::Warning, lost_.describe(lines, target())));
  if (error != 0) lost_.putBack(lines);
  return error;
}

// One write for a line, except for what the system takes in parts. Answers 0 or the errno.
int LineSink::writeAll(std::string_view text) {
  const auto whole = text.size();
  std::optional<BootTime> until;  // set: it had to wait
  while (!text.empty()) {
    const auto written = writeLines(text);
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const int error = written == 0 ? ENOSPC : errno;
    if (error == EAGAIN && !lost_.stalled()) {
      if (!until) until = bootTime() + kPatience;
      if (output_.waitForRoom(*until - bootTime())) continue;
      lost_.stalled() = true;
    }
    if (text.size() < whole) lost_.torn() = true;
    return error;
  }
  return 0;
}

// --- rotation

// Looks once a second whether the path still names our file. Whoever cannot reopen it goes on with the old one.
void LineSink::followRotation(Time now) {
  auto look = nextLook_.load(std::memory_order_relaxed);
  const auto at = now.time_since_epoch().count();
  const bool clockFellBack = look - at > kLookEvery.count();
  if (at < look && !clockFellBack) return;
  if (!nextLook_.compare_exchange_strong(look, at + kLookEvery.count())) return;  // another thread looks

  struct stat named{}, ours{};
  if (::fstat(output_.descriptor(), &ours) != 0) return;
  const bool isThere = ::stat(path_.c_str(), &named) == 0;
  if (isThere && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) return;
  static_cast<void>(reopen());
}

Result<void> LineSink::reopen() {
  if (!isFile() || !isStillOurs()) return {};
  const auto fresh = openLogFile(name_, path_, rightsForSuccessor(output_.descriptor()));
  if (!fresh) return fresh.error();
  if (::dup3(fresh->get(), output_.descriptor(), O_CLOEXEC) >= 0) {
    noteIdentity();
    return {};
  }
  return Error(ErrorCode::Unavailable, "log file " + path_ + " (logger '" + name_ + "'): " + errnoText(errno));
}

}  // namespace leptir
