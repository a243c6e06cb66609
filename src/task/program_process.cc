#include "task/program_process.h"

#include "base/errno_text.h"
#include "task/program_spawn.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

namespace leptir::task {
namespace {

// A running program. The destructor kills and reaps it if it is still running, for example because a callback threw.
class RunningProgram {
 public:
  RunningProgram(SpawnedProgram program, const ProgramCallbacks& callbacks)
      : program_(std::move(program)), callbacks_(callbacks), stopDescriptor_(callbacks.stopToken.descriptor()) {}
  ~RunningProgram() {
    if (exit_) return;
    ::kill(program_.pid, SIGKILL);
    while (::waitpid(program_.pid, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  Result<ProgramExit> watch();

 private:
  bool isOutputClosed() const { return !program_.output && !program_.errors; }
  void waitForEvent();
  int pollTimeout() const;
  void readFrom(base::UniqueFd& descriptor, const std::function<void(std::string_view)>& reader);
  void readResultsLeftInPipe();
  void reapIfExited();

  SpawnedProgram program_;
  const ProgramCallbacks& callbacks_;
  std::array<char, 65536> buffer_;
  std::optional<Result<ProgramExit>> exit_;
  BootTime outputDeadline_{};
  const int stopDescriptor_;  // stays readable once the token has fired
  bool isStopping_ = false;
};

// Returns when the program has exited and its output is closed, or at the latest kOutputGrace after the exit, if a
// child of the program keeps the output open. Result lines are not waited for: children that a program leaves running
// have descriptor 3 open more often than stdout and stderr, which daemons redirect.
Result<ProgramExit> RunningProgram::watch() {
  while (!exit_ || (!isOutputClosed() && systemClock().bootTime() < outputDeadline_)) {
    waitForEvent();
    if (program_.output) readFrom(program_.output, callbacks_.onStdout);
    if (program_.errors) readFrom(program_.errors, callbacks_.onStderr);
    if (program_.results) readFrom(program_.results, callbacks_.onResult);
    if (!exit_) reapIfExited();
    if (isStopping_ && callbacks_.whileStopping) callbacks_.whileStopping();
  }
  readResultsLeftInPipe();
  return *exit_;
}

// Reads what stands in the pipe now, and no more: a child of the program may write without end.
void RunningProgram::readResultsLeftInPipe() {
  int waiting = 0;
  if (!program_.results || ::ioctl(program_.results.get(), FIONREAD, &waiting) != 0) return;
  for (auto left = static_cast<std::size_t>(waiting); left > 0;) {
    const auto got = ::read(program_.results.get(), buffer_.data(), std::min(left, buffer_.size()));
    if (got <= 0) return;
    callbacks_.onResult(std::string_view(buffer_.data(), static_cast<std::size_t>(got)));
    left -= static_cast<std::size_t>(got);
  }
}

void RunningProgram::waitForEvent() {
  // poll ignores negative descriptors: closed ones, and the pidfd once the program has exited.
  pollfd sources[] = {{program_.output.get(), POLLIN, 0},
                      {program_.errors.get(), POLLIN, 0},
                      {program_.results.get(), POLLIN, 0},
                      {exit_ ? -1 : program_.pidfd.get(), POLLIN, 0},
                      {isStopping_ ? -1 : stopDescriptor_, POLLIN, 0}};
  ::poll(sources, std::size(sources), pollTimeout());  // EINTR is harmless: the caller checks everything, waits again
  isStopping_ = isStopping_ || (sources[4].revents & POLLIN) != 0;
}

int RunningProgram::pollTimeout() const {
  const auto milliseconds = [](Duration time) {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
  };
  if (exit_) return std::max(0, milliseconds(outputDeadline_ - systemClock().bootTime()));
  const bool exitEndsPoll = static_cast<bool>(program_.pidfd);  // false on kernels without pidfd_open
  return exitEndsPoll && !isStopping_ ? -1 : milliseconds(kStopPollInterval);
}

void RunningProgram::readFrom(base::UniqueFd& descriptor, const std::function<void(std::string_view)>& reader) {
  const auto got = ::read(descriptor.get(), buffer_.data(), buffer_.size());
  if (got > 0) reader(std::string_view(buffer_.data(), static_cast<std::size_t>(got)));
  const bool wouldBlock = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (got <= 0 && !wouldBlock) descriptor = base::UniqueFd();
}

void RunningProgram::reapIfExited() {
  int status = 0;
  const auto pid = ::waitpid(program_.pid, &status, WNOHANG);
  if (pid == 0 || (pid < 0 && errno == EINTR)) return;
  outputDeadline_ = systemClock().bootTime() + kOutputGrace;
  if (pid < 0) {
    exit_ = Error(ErrorCode::Internal, "the exit status of the program is lost: " + base::errnoText(errno));
  } else if (WIFSIGNALED(status)) {
    exit_ = ProgramExit{0, WTERMSIG(status)};
  } else {
    exit_ = ProgramExit{WEXITSTATUS(status), 0};
  }
}

// How often a start is retried.
constexpr Duration kStartRetryInterval = std::chrono::milliseconds(100);

void sleepUnlessStopped(const StopToken& token, Duration longest) {
  pollfd bell{token.descriptor(), POLLIN, 0};
  ::poll(&bell, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(longest).count()));
}

// Retries while descriptors, memory or processes lack, since the task is not to blame and the shortage may be short.
Result<SpawnedProgram> spawnWithRetries(const ProgramCall& call, const ProgramCallbacks& callbacks) {
  const auto until = systemClock().bootTime() + call.startTimeout;
  for (bool isReported = false;; isReported = true) {
    auto program = spawnProgram(call);
    if (program || program.error().code() != ErrorCode::Unavailable) return program;
    if (systemClock().bootTime() >= until || callbacks.stopToken.stopRequested()) return program;
    if (!isReported && callbacks.onStartDelayed) callbacks.onStartDelayed(program.error());
    sleepUnlessStopped(callbacks.stopToken, kStartRetryInterval);
  }
}

}  // namespace

Result<ProgramExit> runProgram(const ProgramCall& call, const ProgramCallbacks& callbacks) {
  auto program = spawnWithRetries(call, callbacks);
  if (!program) return program.error();
  return RunningProgram(std::move(*program), callbacks).watch();
}

}  // namespace leptir::task
