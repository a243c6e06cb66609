#include "task/program_process.h"

#include "base/errno_text.h"
#include "task/program_spawn.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

namespace leptir {
namespace {

// A program that runs: never left behind, whatever happens to us.
class RunningProgram {
 public:
  RunningProgram(SpawnedProgram program, const ProgramWatcher& watcher)
      : program_(std::move(program)), watcher_(watcher), stopBell_(watcher.stopToken.descriptor()) {}
  ~RunningProgram() {
    if (ended_) return;
    ::kill(program_.pid, SIGKILL);
    while (::waitpid(program_.pid, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  Result<ProgramEnd> watch();

 private:
  bool isSilent() const { return !program_.output && !program_.errors; }
  void waitForNews();
  int longestWait() const;
  void readFrom(UniqueFd& descriptor, const std::function<void(std::string_view)>& reader);
  void lookWhetherItEnded();

  SpawnedProgram program_;
  const ProgramWatcher& watcher_;
  std::array<char, 65536> buffer_;
  std::optional<Result<ProgramEnd>> ended_;
  BootTime graceEnds_{};
  const int stopBell_;  // stays rung
  bool isStopping_ = false;
};

// Until it has ended and said all it had to say, or those that it left behind have had their grace.
Result<ProgramEnd> RunningProgram::watch() {
  while (!ended_ || (!isSilent() && systemClock().bootTime() < graceEnds_)) {
    waitForNews();
    if (program_.output) readFrom(program_.output, watcher_.onStdout);
    if (program_.errors) readFrom(program_.errors, watcher_.onStderr);
    if (!ended_) lookWhetherItEnded();
    if (isStopping_ && watcher_.onStopping) watcher_.onStopping();
  }
  return *ended_;
}

void RunningProgram::waitForNews() {
  // poll leaves out descriptors below zero: those that are closed, and the pidfd once it has told.
  pollfd sources[] = {{program_.output.get(), POLLIN, 0},
                      {program_.errors.get(), POLLIN, 0},
                      {ended_ ? -1 : program_.ended.get(), POLLIN, 0},
                      {isStopping_ ? -1 : stopBell_, POLLIN, 0}};
  ::poll(sources, 4, longestWait());  // an interrupted wait is a short one
  isStopping_ = isStopping_ || (sources[3].revents & POLLIN) != 0;
}

int RunningProgram::longestWait() const {
  const auto milliseconds = [](Duration time) {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
  };
  if (ended_) return std::max(0, milliseconds(graceEnds_ - systemClock().bootTime()));
  const bool wokenAtItsEnd = static_cast<bool>(program_.ended);  // not on old kernels
  return wokenAtItsEnd && !isStopping_ ? -1 : milliseconds(kLookEvery);
}

void RunningProgram::readFrom(UniqueFd& descriptor, const std::function<void(std::string_view)>& reader) {
  const auto got = ::read(descriptor.get(), buffer_.data(), buffer_.size());
  if (got > 0) reader(std::string_view(buffer_.data(), static_cast<std::size_t>(got)));
  const bool later = got < 0 && (errno == EAGAIN || errno == EINTR);
  if (got <= 0 && !later) descriptor = UniqueFd();
}

void RunningProgram::lookWhetherItEnded() {
  int status = 0;
  const auto pid = ::waitpid(program_.pid, &status, WNOHANG);
  if (pid == 0 || (pid < 0 && errno == EINTR)) return;
  graceEnds_ = systemClock().bootTime() + kOutputGrace;
  if (pid < 0) {
    ended_ = Error(ErrorCode::Internal, "the exit status of the program is lost: " + errnoText(errno));
  } else if (WIFSIGNALED(status)) {
    ended_ = ProgramEnd{0, WTERMSIG(status)};
  } else {
    ended_ = ProgramEnd{WEXITSTATUS(status), 0};
  }
}

// How long until it is tried again.
constexpr Duration kRetryEvery = std::chrono::milliseconds(100);

void sleepUnlessStopped(const StopToken& token, Duration longest) {
  pollfd bell{token.descriptor(), POLLIN, 0};
  ::poll(&bell, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(longest).count()));
}

// The machine may be short of what a new process needs for a moment only: that is no fault of the task's.
Result<SpawnedProgram> spawnWithPatience(const ProgramCall& call, const ProgramWatcher& watcher) {
  const auto until = systemClock().bootTime() + call.patience;
  for (bool isTold = false;; isTold = true) {
    auto program = spawnProgram(call);
    if (program || program.error().code() != ErrorCode::Unavailable) return program;
    if (systemClock().bootTime() >= until || watcher.stopToken.stopRequested()) return program;
    if (!isTold && watcher.onWaiting) watcher.onWaiting(program.error());
    sleepUnlessStopped(watcher.stopToken, kRetryEvery);
  }
}

}  // namespace

Result<ProgramEnd> runProgram(const ProgramCall& call, const ProgramWatcher& watcher) {
  auto program = spawnWithPatience(call, watcher);
  if (!program) return program.error();
  return RunningProgram(std::move(*program), watcher).watch();
}

}  // namespace leptir
