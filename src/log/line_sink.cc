#include "log/line_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/errno_text.h"

namespace leptir {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(1);

// A log may show what tasks were given, so strangers do not read it.
constexpr mode_t kLogMode = 0640;

Result<UniqueFd> openForAppending(const std::string& name, const std::string& path) {
  // Not blocking: a named pipe without a reader is an error, not a wait for ever. Files do not care.
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, kLogMode));
  if (file) return file;
  return Error(ErrorCode::Unavailable, "log file " + path + " (logger '" + name + "'): " + errnoText(errno) +
                                           ": make its folder and let this user write there, or change the path");
}

bool isPipeOrSocket(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

// Keeps a broken pipe from ending the program, whatever the program does with SIGPIPE.
class SigpipeHeldBack {
 public:
  SigpipeHeldBack() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeHeldBack() {
    if (::sigismember(&before_, SIGPIPE) != 0) return;
    const timespec atOnce{};
    while (::sigtimedwait(&sigpipe_, nullptr, &atOnce) < 0 && errno == EINTR) continue;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeHeldBack(const SigpipeHeldBack&) = delete;
  SigpipeHeldBack& operator=(const SigpipeHeldBack&) = delete;

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

int streamOf(LogSinkConfig::Type type) {
  if (type == LogSinkConfig::Type::File) return -1;
  return type == LogSinkConfig::Type::Stdout ? STDOUT_FILENO : STDERR_FILENO;
}

}  // namespace

Result<std::unique_ptr<LineSink>> LineSink::open(const LogSinkConfig& config, const Clock& clock) {
  if (config.type != LogSinkConfig::Type::File) return std::unique_ptr<LineSink>(new LineSink(config, {}, UniqueFd()));
  std::error_code failed;
  const auto path = std::filesystem::absolute(config.path, failed);
  if (failed) return Error(ErrorCode::Unavailable, "log file '" + config.path + "': " + errnoText(failed.value()));
  auto file = openForAppending(config.name, path);
  if (!file) return file.error();
  std::unique_ptr<LineSink> sink(new LineSink(config, path, std::move(*file)));
  sink->nextLook_ = (clock.now() + kLookEvery).time_since_epoch().count();
  return sink;
}

LineSink::LineSink(const LogSinkConfig& config, std::string path, UniqueFd file)
    : name_(config.name),
      level_(config.level),
      path_(std::move(path)),
      stream_(streamOf(config.type)),
      file_(std::move(file)),
      mayBreak_(isPipeOrSocket(descriptor())) {}

bool LineSink::write(std::string_view line, Time now) {
  if (file_) followRotation(now);
  std::optional<SigpipeHeldBack> guard;
  if (mayBreak_) guard.emplace();
  if (torn_.load(std::memory_order_relaxed)) {
    if (!writeAll("\n")) return false;
    torn_.store(false, std::memory_order_relaxed);
  }
  return writeAll(line);
}

// One write for a line, but for what the system takes in parts.
bool LineSink::writeAll(std::string_view text) {
  const auto whole = text.size();
  while (!text.empty()) {
    const auto written = ::write(descriptor(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      if (text.size() < whole) torn_.store(true, std::memory_order_relaxed);
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Looks once a second whether the path still names our file. Whoever cannot reopen it goes on with the old one.
void LineSink::followRotation(Time now) {
  auto look = nextLook_.load(std::memory_order_relaxed);
  const auto at = now.time_since_epoch().count();
  const bool clockFellBack = look - at > kLookEvery.count();
  if (at < look && !clockFellBack) return;
  if (!nextLook_.compare_exchange_strong(look, at + kLookEvery.count())) return;  // another thread looks

  struct stat named{}, ours{};
  if (::fstat(file_.get(), &ours) != 0) return;
  const bool isThere = ::stat(path_.c_str(), &named) == 0;
  if (isThere && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) return;
  static_cast<void>(reopen());
}

Result<void> LineSink::reopen() {
  if (!file_) return {};
  const auto fresh = openForAppending(name_, path_);
  if (!fresh) return fresh.error();
  if (::dup3(fresh->get(), file_.get(), O_CLOEXEC) >= 0) return {};
  return Error(ErrorCode::Unavailable, "log file " + path_ + " (logger '" + name_ + "'): " + errnoText(errno));
}

}  // namespace leptir
