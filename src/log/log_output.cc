#include "log/log_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "base/file_identity.h"
#include "log/log_file.h"

namespace leptir::log {
namespace {

constexpr Duration kRotationCheckInterval = std::chrono::seconds(1);

int streamOf(LogSinkConfig::Type type) {
  return type == LogSinkConfig::Type::Stdout ? STDOUT_FILENO : STDERR_FILENO;
}

}  // namespace

Result<std::unique_ptr<LogOutput>> LogOutput::open(const LogSinkConfig& config, const Clock& clock) {
  if (config.type != LogSinkConfig::Type::File) {
    return std::unique_ptr<LogOutput>(new LogOutput(config, {}, base::NonBlockingOutput(streamOf(config.type))));
  }
  std::error_code failed;
  const auto path = std::filesystem::absolute(config.path, failed);
  if (failed)
    return Error(ErrorCode::Unavailable, "log file '" + config.path + "': " + base::errnoText(failed.value()));
  auto file = openLogFile(config.name, path);
  if (!file) return file.error();
  std::unique_ptr<LogOutput> output(new LogOutput(config, path, base::NonBlockingOutput(std::move(*file))));
  output->nextRotationCheck_ = (clock.now() + kRotationCheckInterval).time_since_epoch().count();
  return output;
}

LogOutput::LogOutput(const LogSinkConfig& config, std::string path, base::NonBlockingOutput output)
    : logger_(config.name), type_(config.type), path_(std::move(path)), output_(std::move(output)) {
  if (isFile()) noteIdentity();
}

void LogOutput::noteIdentity() {
  const auto identity = base::FileIdentity::of(output_.descriptor());
  device_ = identity.device;
  inode_ = identity.inode;
}

// While another thread reopens the file, this can wrongly answer false. The line is then written through the path,
// which is the same file.
bool LogOutput::isDescriptorOfOurFile() const {
  return base::FileIdentity::of(output_.descriptor()) == base::FileIdentity{device_, inode_};
}

std::string LogOutput::target() const {
  if (isFile()) return path_;
  return type_ == LogSinkConfig::Type::Stdout ? "stdout" : "stderr";
}

ssize_t LogOutput::write(std::string_view text) const {
  if (isFile() && !isDescriptorOfOurFile()) return writeByPath(text);
  ssize_t written = -1;
  do written = output_.write(text);
  while (written < 0 && errno == EINTR);
  return written;
}

ssize_t LogOutput::writeByPath(std::string_view text) const {
  auto file = openLogFile(logger_, path_, modeForRotatedFile(output_.descriptor()));
  return file ? base::NonBlockingOutput(std::move(*file)).write(text) : -1;
}

// If the file cannot be reopened, lines go to the old file.
void LogOutput::followRotation(Time now) {
  if (!isFile()) return;
  auto checkAt = nextRotationCheck_.load(std::memory_order_relaxed);
  const auto at = now.time_since_epoch().count();
  const bool clockFellBack = checkAt - at > kRotationCheckInterval.count();
  if (at < checkAt && !clockFellBack) return;
  // Another thread is checking.
  if (!nextRotationCheck_.compare_exchange_strong(checkAt, at + kRotationCheckInterval.count())) return;

  struct stat named{}, ours{};
  if (::fstat(output_.descriptor(), &ours) != 0) return;
  const bool isThere = ::stat(path_.c_str(), &named) == 0;
  if (isThere && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) return;
  static_cast<void>(reopen());
}

Result<void> LogOutput::reopen() {
  if (!isFile() || !isDescriptorOfOurFile()) return {};
  const auto fresh = openLogFile(logger_, path_, modeForRotatedFile(output_.descriptor()));
  if (!fresh) return fresh.error();
  if (::dup3(fresh->get(), output_.descriptor(), O_CLOEXEC) >= 0) {
    noteIdentity();
    return {};
  }
  return Error(ErrorCode::Unavailable, "log file " + path_ + " (logger '" + logger_ + "'): " + base::errnoText(errno));
}

}  // namespace leptir::log
