#include "base/stack_taker.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/errno_text.h"

namespace leptir::base {
namespace {

constexpr Duration kStackTakingTimeout = std::chrono::seconds(10);
constexpr std::size_t kMaxStackOutput = std::size_t{4} << 20;
constexpr int kPollMilliseconds = 20;

// What the new process does between fork and exec: only its stdout is connected to the calling process.
class TakerSpawn {
 public:
  explicit TakerSpawn(int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~TakerSpawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  TakerSpawn(const TakerSpawn&) = delete;
  TakerSpawn& operator=(const TakerSpawn&) = delete;

  // Returns 0, or the errno of fork or exec.
  int spawn(const std::string& program, std::string worker, std::string taskId, pid_t& child) const {
    std::string name = "leptir", word = kTakeStackWord;
    char* arguments[] = {name.data(), word.data(), worker.data(), taskId.data(), nullptr};
    return ::posix_spawn(&child, program.c_str(), &actions_, &attributes_, arguments, environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<StackTaker> StackTaker::start(const std::string& program, int worker, const std::string& taskId) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Error(ErrorCode::Unavailable, "pipe: " + errnoText(errno));
  UniqueFd readEnd(ends[0]);
  const UniqueFd writeEnd(ends[1]);
  ::fcntl(readEnd.get(), F_SETFL, O_NONBLOCK);
  pid_t child = 0;
  const TakerSpawn spawn(writeEnd.get());
  if (const int error = spawn.spawn(program, std::to_string(worker), taskId, child))
    return Error(ErrorCode::Unavailable, "cannot start " + program + ": " + errnoText(error));
  return StackTaker(child, std::move(readEnd), systemClock().bootTime() + kStackTakingTimeout);
}

StackTaker::StackTaker(StackTaker&& other) noexcept
    : child_(std::exchange(other.child_, 0)),
      output_(std::move(other.output_)),
      until_(other.until_),
      text_(std::move(other.text_)),
      hasTimedOut_(other.hasTimedOut_) {}

StackTaker::~StackTaker() {
  if (child_ == 0) return;
  kill();
  ::waitpid(child_, nullptr, 0);
}

void StackTaker::kill() {
  ::kill(child_, SIGKILL);
}

void StackTaker::readOutput() {
  char piece[65536];
  for (;;) {
    const auto bytes = ::read(output_.get(), piece, sizeof piece);
    if (bytes <= 0) return;
    if (text_.size() < kMaxStackOutput) text_.append(piece, static_cast<std::size_t>(bytes));
  }
}

std::optional<Result<std::string>> StackTaker::poll() {
  readOutput();
  int status = 0;
  if (const auto found = ::waitpid(child_, &status, WNOHANG); found == 0) {
    if (hasTimedOut_ || systemClock().bootTime() < until_) return std::nullopt;
    hasTimedOut_ = true;
    kill();
    return std::nullopt;
  }
  child_ = 0;
  readOutput();
  while (text_.ends_with('\n')) text_.pop_back();
  if (hasTimedOut_) return Error(ErrorCode::TimedOut, "the process that takes the stack was killed: it took too long");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::move(text_);
  return Error(ErrorCode::Unavailable, text_.empty() ? "the process that takes the stack died" : text_);
}

Result<std::string> StackTaker::wait() {
  for (;;) {
    if (auto taken = poll()) return std::move(*taken);
    pollfd readable{output_.get(), POLLIN, 0};
    ::poll(&readable, 1, kPollMilliseconds);
  }
}

}  // namespace leptir::base
