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

namespace leptir::task {
namespace {

// The configured limit that caused the error, if there is one. Such a limit is permanent, whereas a shortage of the
// machine may pass.
const char* describeCausingLimit(int error, const ResourceLimits& limits) {
  if (error == EMFILE && limits.openFiles) return "the limit 'open_files' of its name leaves too few descriptors";
  if (error == ENOMEM && limits.memory) return "the limit 'memory' of its name leaves too little memory";
  return nullptr;
}

Error shortageError(std::string_view what, int error, const ResourceLimits& limits) {
  if (const char* limit = describeCausingLimit(error, limits))
    return Error(ErrorCode::Invalid, fmt::format("{}: {}", what, limit));
  return Error(ErrorCode::Unavailable, fmt::format("{}: {}", what, base::errnoText(error)));
}

// Moves a descriptor above those of the program. A daemon may have closed 0 to 3, so that a new descriptor gets one of
// these numbers, which the program's streams will replace.
base::UniqueFd moveAboveStreams(int descriptor) {
  base::UniqueFd given(descriptor);
  if (descriptor < 0 || descriptor > kResultDescriptor) return given;
  return base::UniqueFd(::fcntl(descriptor, F_DUPFD_CLOEXEC, kResultDescriptor + 1));
}

struct Pipe {
  base::UniqueFd readEnd;
  base::UniqueFd writeEnd;
};

Result<Pipe> makePipe(const ResourceLimits& limits) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return shortageError("pipe", errno, limits);
  Pipe made{moveAboveStreams(ends[0]), moveAboveStreams(ends[1])};
  if (!made.readEnd || !made.writeEnd) return shortageError("pipe", errno, limits);
  ::fcntl(made.readEnd.get(), F_SETFL, O_NONBLOCK);
  return made;
}

// Gives the descriptor a number that depends on `run`; keeps it as it is where that number is not free.
base::UniqueFd renumberForRun(std::uint64_t run, base::UniqueFd descriptor) {
  constexpr rlim_t kFirst = 64, kLast = 1000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= kFirst) return descriptor;
  const auto numbers = std::min(limit.rlim_cur, kLast) - kFirst;
  base::UniqueFd moved(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, static_cast<int>(kFirst + run % numbers)));
  return moved ? std::move(moved) : std::move(descriptor);
}

// Uses a file in memory instead of a pipe, so that a program which reads its stdin late or never neither blocks the
// worker nor causes SIGPIPE. The limit on file sizes of the task name does not apply to this file.
Result<base::UniqueFd> makeInput(std::string_view text, const ResourceLimits& limits) {
  base::UniqueFd file = moveAboveStreams(::memfd_create("leptir-task", MFD_CLOEXEC));
  if (!file) return shortageError("stdin of the program", errno, limits);
  const base::NonBlockingOutput output(file.get());
  while (!text.empty()) {
    const auto written = output.write(text);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return shortageError("stdin of the program", errno, limits);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

// Sets the hard limit on file sizes too. A worker sets only its soft limit, since it needs the hard limit for its log
// (see worker/resource_limits.cc).
void setHardFileSizeLimit(pid_t program, std::uint64_t bytes) {
  rlimit limit{};
  if (::prlimit(program, RLIMIT_FSIZE, nullptr, &limit) != 0) return;  // the program has exited
  limit.rlim_cur = limit.rlim_max = std::min<rlim_t>(bytes, limit.rlim_max);
  ::prlimit(program, RLIMIT_FSIZE, &limit, nullptr);
}

// What the new process does between fork and exec.
class SpawnOptions {
 public:
  explicit SpawnOptions(const ProgramCall& call) : environment_(call.environment) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    // The program gets a process group of its own, so that `kill 0` in a script does not signal the worker.
    const int session = call.ownSession ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(&attributes_,
                               static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | session));
  }
  ~SpawnOptions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;

  void redirect(const base::UniqueFd& descriptor, int stream) {
    ::posix_spawn_file_actions_adddup2(&actions_, descriptor.get(), stream);
  }
  void changeDirectory(const std::string& directory) {
    if (!directory.empty()) ::posix_spawn_file_actions_addchdir_np(&actions_, directory.c_str());
  }
  void closeOtherDescriptors() { ::posix_spawn_file_actions_addclosefrom_np(&actions_, kResultDescriptor + 1); }
  void setVariable(std::string nameAndValue) { environment_.push_back(std::move(nameAndValue)); }

  // Returns 0, or the errno of fork or exec.
  int spawn(const std::string& file, const ProgramCall& call, pid_t& pid) const {
    auto arguments = nullTerminated(call.arguments);
    auto environment = nullTerminated(environment_);
    return ::posix_spawn(&pid, file.c_str(), &actions_, &attributes_, arguments.data(), environment.data());
  }

 private:
  static std::vector<char*> nullTerminated(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
  std::vector<std::string> environment_;
};

}  // namespace

Result<SpawnedProgram> spawnProgram(const ProgramCall& call) {
  const auto file = findProgram(call.arguments[0], call.path, call.directory);
  if (!file) return file.error();
  auto input = makeInput(call.input, call.limits);
  if (!input) return input.error();
  auto output = makePipe(call.limits);
  if (!output) return output.error();
  auto errors = makePipe(call.limits);
  if (!errors) return errors.error();
  auto results = makePipe(call.limits);
  if (!results) return results.error();
  results->writeEnd = renumberForRun(call.run, std::move(results->writeEnd));

  SpawnOptions options(call);
  options.redirect(*input, STDIN_FILENO);
  options.redirect(output->writeEnd, STDOUT_FILENO);
  options.redirect(errors->writeEnd, STDERR_FILENO);
  options.redirect(results->writeEnd, kResultDescriptor);
  options.setVariable(fmt::format("LEPTIR_RESULT=/proc/{}/fd/{}", ::getpid(), results->writeEnd.get()));
  options.changeDirectory(call.directory);
  options.closeOtherDescriptors();

  SpawnedProgram program;
  if (const int error = options.spawn(*file, call, program.pid)) {
    return describeCausingLimit(error, call.limits) != nullptr ? shortageError(*file, error, call.limits)
                                                               : whyNotStarted(*file, call.directory, error);
  }
  if (call.limits.fileSize) setHardFileSizeLimit(program.pid, *call.limits.fileSize);
  program.output = std::move(output->readEnd);
  program.errors = std::move(errors->readEnd);
  program.results = std::move(results->readEnd);
  program.resultsWriter = std::move(results->writeEnd);
  program.pidfd = base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, program.pid, 0)));
  return program;
}

}  // namespace leptir::task
