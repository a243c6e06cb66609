#include "leptir/run_main.h"

#include <dirent.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>

#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/print.h"

namespace leptir {
namespace {

int threadsOfThisProcess() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), ::closedir);
  if (!tasks) return 1;  // no /proc: nobody can tell
  int threads = 0;
  while (const auto* entry = ::readdir(tasks.get())) threads += entry->d_name[0] != '.' ? 1 : 0;
  return threads;
}

// Ids of tasks that nobody can read are lost: a full disk behind stdout must not look like success.
bool isSaid() {
  std::cout.flush();
  if (std::cout && std::fflush(stdout) == 0) return true;
  printError("leptir: stdout: {}", std::strerror(errno));
  return false;
}

// A program whose task names are wrong runs nothing: its tasks would be taken for others.
bool areTasksRight(const TaskRegistry& tasks) {
  for (const auto& mistake : tasks.mistakes()) printError("leptir: {}", mistake);
  return tasks.mistakes().empty();
}

struct Runner {
  const Program& program;
  int operator()(const NothingToDo& nothing) const { return nothing.exitCode; }
  template <class Command>
  int operator()(const Command& command) const {
    return runCommand(command, program);
  }
};

}  // namespace

int runMain(int argc, char** argv, const Program& program) {
  openClosedStandardStreams();
  ::signal(SIGXFSZ, SIG_IGN);  // a file at the limit of its size (ulimit -f) is an error with a sentence, and no death
  if (threadsOfThisProcess() > 1) {
    printError(
        "leptir: this process already has threads, and leptir must fork: call runMain first thing in main, and start "
        "threads in onWorkerStart");
    return kUsage;
  }
  if (!areTasksRight(program.tasks)) return kUsage;
  const int status = std::visit(Runner{program}, parseCommandLine(argc, argv));
  return isSaid() || status != kDone ? status : kPartlyDone;
}

Result<Config> readConfig(const std::filesystem::path& file) {
  auto config = file.empty() ? defaultConfig() : loadConfig(file);
  if (!config) printEscapedErrorLines(config.error().message());
  return config;
}

void sayWhetherRecorded(const Config& config) {
  if (config.metaStorages.empty())
    printError(
        "leptir: no meta_storage is configured: what becomes of tasks is not recorded (add meta_storage to the "
        "configuration)");
}

int failStore(const Error& error) {
  fail(error);
  return kStoreUnusableCode;
}

int fail(const Error& error) {
  printEscapedErrorLines("leptir: " + error.message());
  switch (error.code()) {
    case ErrorCode::NotFound:
      return kNotFound;
    case ErrorCode::Unavailable:
    case ErrorCode::Corrupt:
      return kStoreUnusableCode;
    default:
      return kPartlyDone;
  }
}

}  // namespace leptir
