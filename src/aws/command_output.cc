#include "aws/command_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/duration_text.h"
#include "base/errno_text.h"
#include "base/escape.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "http/ascii.h"

namespace leptir::aws {
namespace {

constexpr std::size_t kMaxOutputBytes = 256 * 1024, kMaxErrorBytes = 16 * 1024, kMaxQuotedBytes = 200;
constexpr int kPollMilliseconds = 10;

// A daemon may have closed 0 to 2, so that a new descriptor gets a number that the program's streams replace.
base::UniqueFd aboveStandardStreams(base::UniqueFd descriptor) {
  if (descriptor.get() > STDERR_FILENO) return descriptor;
  return base::UniqueFd(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

// One of the program's streams, as this process reads it.
class Stream {
 public:
  // What becomes of more than `most` bytes: nothing more is read, or the first bytes are forgotten.
  enum class Overflow { StopReading, DropOldest };

  Stream(std::size_t most, Overflow overflow) : most_(most), overflow_(overflow) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    reader_ = base::UniqueFd(ends[0]);
    writer_ = aboveStandardStreams(base::UniqueFd(ends[1]));
    ::fcntl(reader_.get(), F_SETFL, O_NONBLOCK);
  }
  bool isOpen() const { return static_cast<bool>(reader_); }
  bool isUsable() const { return reader_ && writer_; }
  int reader() const { return reader_.get(); }
  int writer() const { return writer_.get(); }
  void closeWriter() { writer_ = base::UniqueFd(); }
  const std::string& text() const { return text_; }
  bool isTooLarge() const { return text_.size() > most_; }

  // Reads what is there.
  void read() {
    char piece[4096];
    while (isOpen() && !isTooLarge()) {
      const auto got = ::read(reader_.get(), piece, sizeof piece);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return;
      if (got == 0) reader_ = base::UniqueFd();
      text_.append(piece, static_cast<std::size_t>(got));
      if (overflow_ == Overflow::DropOldest && isTooLarge()) text_.erase(0, text_.size() - most_);
    }
  }

 private:
  const std::size_t most_;
  const Overflow overflow_;
  base::UniqueFd reader_, writer_;
  std::string text_;
};

class SpawnSettings {
 public:
  SpawnSettings(const Stream& output, const Stream& errors) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output.writer(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, errors.writer(), STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

// Returns 0, or the errno.
int spawn(const std::vector<std::string>& words, const SpawnSettings& settings, pid_t& pid) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  return ::posix_spawnp(&pid, arguments[0], &settings.actions, &settings.attributes, arguments.data(), environ);
}

// The status of the program once it has ended. A process that ignores SIGCHLD does not learn it: 0 then.
std::optional<int> exitStatusOf(pid_t pid) {
  int status = 0;
  const auto ended = ::waitpid(pid, &status, WNOHANG);
  if (ended == pid || (ended < 0 && errno == ECHILD)) return status;
  return std::nullopt;
}

void waitForOutput(const Stream& output, const Stream& errors) {
  pollfd events[] = {{output.reader(), POLLIN, 0}, {errors.reader(), POLLIN, 0}};  // poll ignores the descriptor -1
  ::poll(events, 2, kPollMilliseconds);
}

std::string lastLine(std::string_view text) {
  text = http::trimmed(text);
  const auto line = text.substr(text.find_last_of('\n') + 1);
  return base::escaped(base::utf8Prefix(line, kMaxQuotedBytes));
}

Error failure(const std::string& program, int status, const Stream& errors) {
  auto text = program + (WIFSIGNALED(status) ? ": died of signal " + std::to_string(WTERMSIG(status))
                                             : ": ended with status " + std::to_string(WEXITSTATUS(status)));
  if (const auto line = lastLine(errors.text()); !line.empty()) text += ": " + line;
  return Error(ErrorCode::Unavailable, std::move(text));
}

}  // namespace

Result<std::string> runForOutput(const std::vector<std::string>& words, Duration longest) {
  const auto end = systemClock().bootTime() + longest;
  Stream output(kMaxOutputBytes, Stream::Overflow::StopReading), errors(kMaxErrorBytes, Stream::Overflow::DropOldest);
  if (!output.isUsable() || !errors.isUsable()) return Error(ErrorCode::Unavailable, "pipe: " + base::errnoText(errno));
  pid_t pid = 0;
  if (const int error = spawn(words, SpawnSettings(output, errors), pid); error != 0)
    return Error(ErrorCode::Invalid, words[0] + ": cannot be started: " + base::errnoText(error));
  output.closeWriter();
  errors.closeWriter();
  std::optional<int> status;
  while (!(status = exitStatusOf(pid)) && systemClock().bootTime() < end && !output.isTooLarge()) {
    waitForOutput(output, errors);
    output.read();
    errors.read();
  }
  if (!status) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return Error(
        ErrorCode::Unavailable,
        words[0] + (output.isTooLarge() ? ": writes too much" : ": did not end within " + base::durationText(longest)));
  }
  output.read();
  errors.read();
  if (*status != 0) return failure(words[0], *status, errors);
  return output.text();
}

}  // namespace leptir::aws
