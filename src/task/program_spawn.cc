#include "task/program_spawn.h"

#include "base/errno_text.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace leptir {
namespace {

Error unavailable(std::string_view what) {
  return Error(ErrorCode::Unavailable, std::string(what) + ": " + errnoText(errno));
}

// Away from 0 to 2, which a daemon may have closed and which the program's own ends are put on.
UniqueFd awayFromStreams(int descriptor) {
  UniqueFd given(descriptor);
  if (descriptor < 0 || descriptor > STDERR_FILENO) return given;
  return UniqueFd(::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

struct Pipe {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<Pipe> makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return unavailable("pipe");
  Pipe made{awayFromStreams(ends[0]), awayFromStreams(ends[1])};
  if (!made.ours || !made.theirs) return unavailable("pipe");
  ::fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
  return made;
}

// A file in memory rather than a pipe: a program that reads it late or never makes nobody wait, and no SIGPIPE comes.
Result<UniqueFd> makeInput(std::string_view text) {
  UniqueFd file = awayFromStreams(::memfd_create("leptir-task", MFD_CLOEXEC));
  if (!file) return unavailable("stdin of the program");
  while (!text.empty()) {
    const auto written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return unavailable("stdin of the program");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// What the new process does before it becomes the program.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void put(const UniqueFd& descriptor, int stream) {
    ::posix_spawn_file_actions_adddup2(&actions_, descriptor.get(), stream);
  }
  void enter(const std::string& directory) {
    if (!directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }
  void closeTheRest() { ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1); }

  // 0 or an errno, which is that of exec too.
  int spawn(const ProgramCall& call, pid_t& pid) const {
    auto arguments = pointers(call.arguments);
    auto environment = pointers(call.environment);
    return ::posix_spawnp(&pid, arguments[0], &actions_, &attributes_, arguments.data(), environment.data());
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// The errno alone does not say whether the folder, the program or its interpreter was meant.
Error cannotStart(const ProgramCall& call, int error) {
  const auto& program = call.arguments[0];
  struct stat status{};
  if (!call.directory.empty() && ::stat(call.directory.c_str(), &status) != 0) {
    return Error(ErrorCode::Invalid, fmt::format("working directory: {}: {}", call.directory, errnoText(errno)));
  }
  const bool exists = program.starts_with('/') && ::stat(program.c_str(), &status) == 0;
  const auto* hint = exists && error == ENOENT ? " (the interpreter that its first line names)" : "";
  const bool ours = error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
  return Error(ours ? ErrorCode::Unavailable : ErrorCode::Invalid,
               fmt::format("{}: {}{}", program, errnoText(error), hint));
}

}  // namespace

Result<SpawnedProgram> spawnProgram(const ProgramCall& call) {
  auto input = makeInput(call.input);
  if (!input) return input.error();
  auto output = makePipe();
  if (!output) return output.error();
  auto errors = makePipe();
  if (!errors) return errors.error();

  SpawnPlan plan;
  plan.put(*input, STDIN_FILENO);
  plan.put(output->theirs, STDOUT_FILENO);
  plan.put(errors->theirs, STDERR_FILENO);
  plan.enter(call.directory);
  plan.closeTheRest();

  SpawnedProgram program;
  if (const int error = plan.spawn(call, program.pid)) return cannotStart(call, error);
  program.output = std::move(output->ours);
  program.errors = std::move(errors->ours);
  program.ended = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, program.pid, 0)));
  return program;
}

}  // namespace leptir
