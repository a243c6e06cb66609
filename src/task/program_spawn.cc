#include "task/program_spawn.h"

#include "base/errno_text.h"
#include "base/nonblocking_output.h"
#include "task/program_lookup.h"

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace leptir {
namespace {

// A limit of the name's own lasts, where want of the machine's may pass.
const char* limitBehind(int error, const ResourceLimits& limits) {
  if (error == EMFILE && limits.openFiles) return "the limit 'open_files' of its name leaves too few descriptors";
  if (error == ENOMEM && limits.memory) return "the limit 'memory' of its name leaves too little memory";
  return nullptr;
}

Error lacking(std::string_view what, int error, const ResourceLimits& limits) {
  if (const char* limit = limitBehind(error, limits))
    return Error(ErrorCode::Invalid, fmt::format("{}: {}", what, limit));
  return Error(ErrorCode::Unavailable, fmt::format("{}: {}", what, errnoText(error)));
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

Result<Pipe> makePipe(const ResourceLimits& limits) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return lacking("pipe", errno, limits);
  Pipe made{awayFromStreams(ends[0]), awayFromStreams(ends[1])};
  if (!made.ours || !made.theirs) return lacking("pipe", errno, limits);
  ::fcntl(made.ours.get(), F_SETFL, O_NONBLOCK);
  return made;
}

// A file in memory rather than a pipe: a program that reads it late or never makes nobody wait, and no SIGPIPE comes.
// The program's limit on the size of files is not for this one.
Result<UniqueFd> makeInput(std::string_view text, const ResourceLimits& limits) {
  UniqueFd file = awayFromStreams(::memfd_create("leptir-task", MFD_CLOEXEC));
  if (!file) return lacking("stdin of the program", errno, limits);
  const NonBlockingOutput output(file.get());
  while (!text.empty()) {
    const auto written = output.write(text);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return lacking("stdin of the program", errno, limits);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// A worker keeps its own hard limit for its log (see worker/resource_limits.cc); a program has no use for it.
void limitFileSizeForGood(pid_t program, std::uint64_t bytes) {
  rlimit limit{};
  if (::prlimit(program, RLIMIT_FSIZE, nullptr, &limit) != 0) return;  // it has ended
  limit.rlim_cur = limit.rlim_max = std::min<rlim_t>(bytes, limit.rlim_max);
  ::prlimit(program, RLIMIT_FSIZE, &limit, nullptr);
}

// What the new process does before it becomes the program.
class SpawnPlan {
 public:
  explicit SpawnPlan(const ProgramCall& call) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    // What a program sends to its group, as `kill 0` in a script does, is to spare the worker.
    const int session = call.ownSession ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(&attributes_,
                               static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | session));
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
  int spawn(const std::string& file, const ProgramCall& call, pid_t& pid) const {
    auto arguments = pointers(call.arguments);
    auto environment = pointers(call.environment);
    return ::posix_spawn(&pid, file.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
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

std::string_view pathIn(const std::vector<std::string>& environment) {
  constexpr std::string_view kName = "PATH=";
  for (const std::string_view variable : environment) {
    if (variable.starts_with(kName)) return variable.substr(kName.size());
  }
  return kUsualPath;
}

}  // namespace

Result<SpawnedProgram> spawnProgram(const ProgramCall& call) {
  const auto file = findProgram(call.arguments[0], pathIn(call.environment), call.directory);
  if (!file) return file.error();
  auto input = makeInput(call.input, call.limits);
  if (!input) return input.error();
  auto output = makePipe(call.limits);
  if (!output) return output.error();
  auto errors = makePipe(call.limits);
  if (!errors) return errors.error();

  SpawnPlan plan(call);
  plan.put(*input, STDIN_FILENO);
  plan.put(output->theirs, STDOUT_FILENO);
  plan.put(errors->theirs, STDERR_FILENO);
  plan.enter(call.directory);
  plan.closeTheRest();

  SpawnedProgram program;
  if (const int error = plan.spawn(*file, call, program.pid)) {
    return limitBehind(error, call.limits) != nullptr ? lacking(*file, error, call.limits)
                                                      : whyNotStarted(*file, call.directory, error);
  }
  if (call.limits.fileSize) limitFileSizeForGood(program.pid, *call.limits.fileSize);
  program.output = std::move(output->ours);
  program.errors = std::move(errors->ours);
  program.ended = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, program.pid, 0)));
  return program;
}

}  // namespace leptir
