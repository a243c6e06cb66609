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

namespace leptir::log {
namespace {

constexpr Duration kRotationCheckInterval = std::chrono::seconds(1);

// How long a line waits for a slow reader, where waiting is allowed. After that no line waits until a write succeeds at
// once again.
constexpr Duration kMaxReaderWait = std::chrono::seconds(1);

int streamOf(LogSinkConfig::Type type) {
  return type == LogSinkConfig::Type::Stdout ? STDOUT_FILENO : STDERR_FILENO;
}

BootTime bootTime() {
  return systemClock().bootTime();
}

}  // namespace

Result<std::unique_ptr<LineSink>> LineSink::open(const LogSinkConfig& config, const Clock& clock) {
  if (config.type != LogSinkConfig::Type::File) {
    return std::unique_ptr<LineSink>(new LineSink(config, {}, base::NonBlockingOutput(streamOf(config.type))));
  }
  std::error_code failed;
  const auto path = std::filesystem::absolute(config.path, failed);
  if (failed)
    return Error(ErrorCode::Unavailable, "log file '" + config.path + "': " + base::errnoText(failed.value()));
  auto file = openLogFile(config.name, path);
  if (!file) return file.error();
  std::unique_ptr<LineSink> sink(new LineSink(config, path, base::NonBlockingOutput(std::move(*file))));
  sink->nextRotationCheck_ = (clock.now() + kRotationCheckInterval).time_since_epoch().count();
  return sink;
}

LineSink::LineSink(const LogSinkConfig& config, std::string path, base::NonBlockingOutput output)
    : name_(config.name), type_(config.type), level_(config.level), path_(std::move(path)), output_(std::move(output)) {
  if (isFile()) noteIdentity();
}

void LineSink::noteIdentity() {
  const auto identity = base::FileIdentity::of(output_.descriptor());
  device_ = identity.device;
  inode_ = identity.inode;
}

// While another thread reopens the file, this can wrongly answer false. The line is then written through the path,
// which is the same file.
bool LineSink::stillNamesOurFile() const {
  return base::FileIdentity::of(output_.descriptor()) == base::FileIdentity{device_, inode_};
}

std::string LineSink::target() const {
  if (isFile()) return path_;
  return type_ == LogSinkConfig::Type::Stdout ? "stdout" : "stderr";
}

void LineSink::write(std::string_view line, Time now) {
  if (isFile()) followRotation(now);
  queue_.belongsToThisProcess() ? writeQueued(line, now) : writeOrWait(line, now);
}

// Writes text that begins at the start of a line, or continues a line that was not cut.
ssize_t LineSink::writeLines(std::string_view text) {
  auto& torn = dropped_.torn();
  if (torn.load(std::memory_order_relaxed) && torn.exchange(false)) {
    if (const auto ended = writeSome("\n"); ended <= 0) {
      torn = true;
      return ended;
    }
  }
  return writeSome(text);
}

ssize_t LineSink::writeSome(std::string_view text) const {
  if (isFile() && !stillNamesOurFile()) return writeByPath(text);
  ssize_t written = -1;
  do written = output_.write(text);
  while (written < 0 && errno == EINTR);
  return written;
}

ssize_t LineSink::writeByPath(std::string_view text) const {
  auto file = openLogFile(name_, path_, modeForRotatedFile(output_.descriptor()));
  return file ? base::NonBlockingOutput(std::move(*file)).write(text) : -1;
}

// --- In a process that queues lines (after queueFromNowOn).

void LineSink::writeQueued(std::string_view line, Time now) {
  const std::lock_guard lock(queue_.mutex());
  flushQueue(now);
  if (!queue_.add(line)) return dropped_.add(1, EAGAIN);
  flushQueue(now);
}

bool LineSink::flush(Time now) {
  if (!queue_.belongsToThisProcess()) return true;
  const std::lock_guard lock(queue_.mutex());
  return flushQueue(now);
}

// True: the queue is empty, and the log reports every dropped line.
bool LineSink::flushQueue(Time now) {
  while (!queue_.isEmpty()) {
    const auto written = writeLines(queue_.text());
    if (written < 0 && errno == EAGAIN) return false;
    if (written <= 0) {
      dropQueue(errno);
      return false;
    }
    dropped_.stalled() = false;
    queue_.drop(static_cast<std::size_t>(written));
  }
  return writeOrQueueDropReport(now);
}

void LineSink::dropQueue(int error) {
  if (queue_.beginsInsideLine()) dropped_.torn() = true;
  dropped_.add(queue_.clear(), error);
}

bool LineSink::writeOrQueueDropReport(Time now) {
  const auto lines = dropped_.any() ? dropped_.takeUnreported() : 0;
  if (lines == 0) return true;
  // The queue was empty, so the line fits.
  queue_.add(formatLogLine(now, LogLevel::Warning, dropped_.describe(lines, target())));
  const auto written = writeLines(queue_.text());
  if (written <= 0) {
    queue_.clear();
    dropped_.putBack(lines);
    return false;
  }
  queue_.drop(static_cast<std::size_t>(written));
  return queue_.isEmpty();
}

bool LineSink::flushWithin(Duration longest, Time now) {
  const auto until = bootTime() + longest;
  while (!flush(now)) {
    const auto left = until - bootTime();
    if (left <= Duration::zero() || !output_.waitUntilWritable(left)) return false;
    // Writes fail for another reason than a slow reader, so waiting does not help.
    if (dropped_.any() && queue_.isEmpty()) return false;
  }
  return true;
}

std::string LineSink::takeDropReport() {
  if (queue_.belongsToThisProcess()) {
    const std::lock_guard lock(queue_.mutex());
    if (!queue_.isEmpty()) dropQueue(EAGAIN);
  }
  const auto lines = dropped_.takeUnreported();
  return lines == 0 ? std::string() : dropped_.describe(lines, target());
}

// --- In a process that does not queue lines.

void LineSink::writeOrWait(std::string_view line, Time now) {
  int error = dropped_.any() ? writeDropReport(now) : 0;
  if (error == 0) error = writeAll(line);
  if (error != 0) return dropped_.add(1, error);
  dropped_.stalled() = false;
}

int LineSink::writeDropReport(Time now) {
  const auto lines = dropped_.takeUnreported();
  if (lines == 0) return 0;  // another thread or process reports them
  const int error = writeAll(formatLogLine(now, LogLevel::Warning, dropped_.describe(lines, target())));
  if (error != 0) dropped_.putBack(lines);
  return error;
}

// One write per line, unless the system takes only part of it. Answers 0 or the errno.
int LineSink::writeAll(std::string_view text) {
  const auto whole = text.size();
  std::optional<BootTime> until;  // set: this line had to wait; the deadline
  while (!text.empty()) {
    const auto written = writeLines(text);
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    const int error = written == 0 ? ENOSPC : errno;
    if (error == EAGAIN && !dropped_.stalled()) {
      if (!until) until = bootTime() + kMaxReaderWait;
      if (output_.waitUntilWritable(*until - bootTime())) continue;
      dropped_.stalled() = true;
    }
    if (text.size() < whole) dropped_.torn() = true;
    return error;
  }
  return 0;
}

// --- rotation

// Once a second, checks whether the path still names our file (`at` is the time of the line). If the file cannot be
// reopened, lines go to the old file.
void LineSink::followRotation(Time now) {
  auto look = nextRotationCheck_.load(std::memory_order_relaxed);
  const auto at = now.time_since_epoch().count();
  const bool clockFellBack = look - at > kRotationCheckInterval.count();
  if (at < look && !clockFellBack) return;
  // Another thread is checking.
  if (!nextRotationCheck_.compare_exchange_strong(look, at + kRotationCheckInterval.count())) return;

  struct stat named{}, ours{};
  if (::fstat(output_.descriptor(), &ours) != 0) return;
  const bool isThere = ::stat(path_.c_str(), &named) == 0;
  if (isThere && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) return;
  static_cast<void>(reopen());
}

Result<void> LineSink::reopen() {
  if (!isFile() || !stillNamesOurFile()) return {};
  const auto fresh = openLogFile(name_, path_, modeForRotatedFile(output_.descriptor()));
  if (!fresh) return fresh.error();
  if (::dup3(fresh->get(), output_.descriptor(), O_CLOEXEC) >= 0) {
    noteIdentity();
    return {};
  }
  return Error(ErrorCode::Unavailable, "log file " + path_ + " (logger '" + name_ + "'): " + base::errnoText(errno));
}

}  // namespace leptir::log
