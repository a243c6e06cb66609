#include "instance/instance.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <memory>

#include "base/instance_mark.h"
#include "base/task_id.h"
#include "config/assemble.h"
#include "dispatcher/dispatcher.h"
#include "instance/session_locks.h"
#include "leptir/version.h"
#include "link/link.h"
#include "link/stderr_carrier.h"
#include "master/master.h"
#include "master/pid_file.h"
#include "task/program_task.h"
#include "worker/worker.h"

namespace leptir {
namespace {

constexpr int kOk = 0, kNotDone = 1, kConfigurationWrong = 78;

int complain(const Error& error, int status) {
  std::cerr << "leptir: " << error.message() << '\n';
  return status;
}

std::string hostName() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

// The seed's colours, on a terminal only.
void sayInColour(const char* colour, const std::string& text) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  std::cout << (terminal ? colour : "") << text << (terminal ? "\033[0m" : "") << std::endl;
}

// Does something in a child process, so that libraries which it loads and threads which it starts are gone before we
// fork in earnest.
int inChild(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kNotDone;
}

// A store that is down is tried again for ever; one that can never be used ends the start.
int checkStores(const Config& config) {
  return inChild([&config] {
    Stores stores(config);
    int status = kOk;
    const auto look = [&status](const auto& opened, const std::string& name) {
      if (opened) return;
      const bool down = opened.error().code() == ErrorCode::Unavailable;
      std::cerr << "leptir: " << name << ": " << opened.error().message() << (down ? " (will be tried again)" : "")
                << std::endl;
      if (!down) status = kExitStoreUnusable;
    };
    for (const auto& seat : stores.brokerSeats()) look(seat.open(), seat.name);
    for (const auto& seat : stores.metaSeats()) look(seat.open(), seat.name);
    return status;
  });
}

// One instance, in the process that is going to be its master.
class Instance {
 public:
  Instance(const Config& config, const InstanceOptions& options, Program program)
      : config_(config), options_(options), program_(std::move(program)), name_(makeInstanceName()) {}

  // Makes everything that children will inherit. The answer is an exit status; 0 goes on.
  int prepare() {
    if (auto opened = Logger::open(loggers()); opened) {
      logger_ = std::move(*opened);
    } else {
      return complain(opened.error(), kConfigurationWrong);
    }
    for (const auto& [name, spec] : config_.programs) addProgram(program_.tasks, name, spec, name_);
    auto locks = SessionLocks::take(Stores(config_).sessionLockFiles(name_));
    if (!locks) return complain(locks.error(), kExitStoreUnusable);
    locks_ = std::move(*locks);
    if (auto marked = bearMark(name_); !marked) return complain(marked.error(), kNotDone);
    auto link = Link::create(config_.daemon.numberOfWorkers);
    if (!link) return complain(link.error(), kNotDone);
    link_ = std::move(*link);
    auto board = StatusBoard::create(options_.boardFile, name_, config_.daemon.numberOfWorkers, systemClock());
    if (!board) return complain(board.error(), kConfigurationWrong);
    board_ = std::move(*board);
    return kOk;
  }

  int run(PidFile& pidFile) {
    board_->setMaster(::getpid());
    MasterOptions master;
    master.workers = config_.daemon.numberOfWorkers;
    master.killGrace = config_.daemon.killGrace;
    master.shutdownGrace = config_.daemon.shutdownGrace;
    const int masterPid = ::getpid();
    const ChildMains children{.dispatcher =
                                  [this, masterPid, &pidFile] {
                                    pidFile.closeInChild();
                                    return dispatch(masterPid);
                                  },
                              .worker =
                                  [this, masterPid, &pidFile](int slot) {
                                    pidFile.closeInChild();
                                    return work(slot, masterPid);
                                  }};
    const auto end =
        Master(master, *link_, *board_, logger_, systemClock(), children, [this] { (void)logger_.reopen(); }).run();
    carryStderr(*link_, STDERR_FILENO);
    board_->remove();
    if (end == MasterEnd::Stopped || end == MasterEnd::DrainedEmpty || end == MasterEnd::DrainedUnknown)
      locks_.remove();
    return exitStatusOf(end);
  }

 private:
  // As a daemon only file loggers are active: the seed's rule.
  std::vector<LogSinkConfig> loggers() const {
    auto sinks = config_.loggers;
    if (options_.daemon) std::erase_if(sinks, [](const auto& sink) { return sink.type != LogSinkConfig::Type::File; });
    return sinks;
  }

  int dispatch(int masterPid) {
    DispatcherOptions options;
    options.instance = name_;
    options.card = {.host = hostName(),
                    .pid = masterPid,
                    .version = std::string(kVersion),
                    .workers = config_.daemon.numberOfWorkers};
    options.masterPid = masterPid;
    for (auto& name : program_.tasks.names()) options.names.insert(std::move(name));
    options.rules = config_.rules;
    options.taskExecutionTime = config_.daemon.taskExecutionTime;
    options.emptyQueueSleepTime = config_.daemon.emptyQueueSleepTime;
    options.workersActiveSleepTime = config_.daemon.workersActiveSleepTime;
    options.drain = options_.drain;
    Stores stores(config_);
    return runDispatcher(options, *link_, *board_, stores.brokerSeats(), stores.metaSeats(), logger_, systemClock());
  }

  int work(int slot, int masterPid) {
    locks_.letGoInForks();
    ::setenv("LEPTIR_SESSION", name_.c_str(), 1);  // for what tasks execute
    WorkerOptions options;
    options.slot = slot;
    options.masterPid = masterPid;
    options.rules = &config_.rules;
    options.maxTasks = config_.daemon.maxTasksPerWorker;
    options.maxMemory = config_.daemon.maxMemoryPerWorker;
    options.reopenLogs = [this] { (void)logger_.reopen(); };
    return runWorker(options, *link_, program_, logger_, systemClock());
  }

  static int exitStatusOf(MasterEnd end) {
    switch (end) {
      case MasterEnd::Stopped:
      case MasterEnd::DrainedEmpty:
        return kOk;
      case MasterEnd::StoreUnusable:
        return kExitStoreUnusable;
      default:
        return kNotDone;
    }
  }

  const Config& config_;
  const InstanceOptions& options_;
  Program program_;
  std::string name_;
  Logger logger_;
  SessionLocks locks_;
  std::unique_ptr<Link> link_;
  std::unique_ptr<StatusBoard> board_;
};

// In the process that stays: takes the pid file, prepares, says that it flies, runs. `ready` is told the exit status as
// soon as it is known.
int fly(const Config& config, const InstanceOptions& options, const Program& program,
        const std::function<void(int)>& ready) {
  auto pidFile = PidFile::take(options.pidFile);
  if (!pidFile) {
    if (pidFile.error().code() == ErrorCode::Lost) {
      sayInColour("\033[31m", "Leptir is already flying on this box.");
    } else {
      complain(pidFile.error(), kNotDone);
    }
    ready(kNotDone);
    return kNotDone;
  }
  Instance instance(config, options, program);
  if (const int status = instance.prepare(); status != kOk) {
    pidFile->remove();
    ready(status);
    return status;
  }
  if (options.announce) sayInColour("\033[32m", "Starting a little butterfly. Fly buddy, fly!");
  ready(kOk);
  const int status = instance.run(*pidFile);
  pidFile->remove();
  return status;
}

// One fork and setsid, as the seed did; the parent ends when the daemon flies or has said why it cannot.
int flyAsDaemon(const Config& config, const InstanceOptions& options, const Program& program) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0)
    return complain(Error(ErrorCode::Unavailable, std::string("pipe: ") + std::strerror(errno)), kNotDone);
  const pid_t child = ::fork();
  if (child < 0)
    return complain(
        Error(ErrorCode::Unavailable, std::string("Forking daemon process failed: ") + std::strerror(errno)), kNotDone);
  if (child > 0) {
    ::close(pipe[1]);
    char status = kNotDone;
    const bool told = ::read(pipe[0], &status, 1) == 1;
    return told ? status : kNotDone;
  }
  ::close(pipe[0]);
  ::setsid();
  ::_exit(fly(config, options, program, [&pipe](int status) {
    std::cout << std::flush;
    if (status == kOk) {
      const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
      for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (nothing >= 0) ::dup2(nothing, stream);
      }
      if (nothing >= 0) ::close(nothing);
    }
    const char byte = static_cast<char>(status);
    [[maybe_unused]] const auto written = ::write(pipe[1], &byte, 1);
    ::close(pipe[1]);
  }));
}

}  // namespace

int runInstance(const Config& config, const InstanceOptions& options, const Program& program) {
  if (const int status = checkStores(config); status != kOk) return status;
  if (options.daemon) return flyAsDaemon(config, options, program);
  return fly(config, options, program, [](int) {});
}

std::optional<BoardInstance> findInstance(const std::filesystem::path& pidFile,
                                          const std::filesystem::path& boardFile) {
  const auto holder = holderOf(pidFile);
  if (!holder || !*holder) return std::nullopt;
  auto board = StatusBoard::read(boardFile, systemClock());
  if (!board) return std::nullopt;
  return std::move(*board);
}

}  // namespace leptir
