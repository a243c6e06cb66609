#include "leptir/run_main.h"

#include <dirent.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>

#include "base/stack_taker.h"
#include "base/standard_streams.h"
#include "cli/commands.h"
#include "cli/take_stack.h"
#include "reporters/built_in_reporters.h"

namespace leptir::cli {
namespace {

int threadsOfThisProcess() {
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(::opendir("/proc/self/task"), ::closedir);
  if (!tasks) return 1;  // without /proc the number is unknown
  int threads = 0;
  while (const auto* entry = ::readdir(tasks.get())) threads += entry->d_name[0] != '.' ? 1 : 0;
  return threads;
}

// Flushes stdout. Output that is lost (a full disk) must not look like success: it may be the ids of pushed tasks.
bool flushOutput() {
  std::cout.flush();
  if (std::cout && std::fflush(stdout) == 0) return true;
  printNotice("cannot write to standard output: {}", std::strerror(errno));
  return false;
}

// Prints mistakes in the registered tasks, backends and error reporters and returns whether there are none. A program
// with such mistakes must not run: a task name could run the wrong code, and a type could open another store.
bool checkRegistries(const Program& program) {
  for (const auto& mistake : program.tasks.mistakes()) printNoticeLine(mistake);
  for (const auto& mistake : program.backends.mistakes()) printNoticeLine(mistake);
  for (const auto& mistake : program.reporters.mistakes()) printNoticeLine(mistake);
  return program.tasks.mistakes().empty() && program.backends.mistakes().empty() &&
         program.reporters.mistakes().empty();
}

struct Runner {
  const Program& program;
  int operator()(const NothingToDo& nothing) const { return nothing.exitCode; }
  template <class Chosen>
  int operator()(const Chosen& command) const {
    return runCommand(command, program);
  }
};

}  // namespace

}  // namespace leptir::cli

namespace leptir {

int runMain(int argc, char** argv, const Program& program) {
  base::openClosedStandardStreams();
  ::signal(SIGXFSZ, SIG_IGN);  // a write beyond ulimit -f then fails with EFBIG instead of killing the process
  if (argc == 4 && std::string_view(argv[1]) == base::kTakeStackWord) return cli::takeStack(argv[2], argv[3]);
  if (cli::threadsOfThisProcess() > 1) {
    cli::printNoticeLine(
        "this process already has threads, and leptir must fork: call runMain first thing in main, and start "
        "threads in onWorkerStart");
    return base::kExitUsageError;
  }
  if (!cli::checkRegistries(program)) return base::kExitUsageError;
  auto complete = program;
  reporters::addBuiltInReporters(complete.reporters);
  const int status = std::visit(cli::Runner{complete}, cli::parseCommandLine(argc, argv));
  return cli::flushOutput() || status != base::kExitDone ? status : base::kExitPartlyDone;
}

}  // namespace leptir
