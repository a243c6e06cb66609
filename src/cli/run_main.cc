#include "leptir/run_main.h"

#include <dirent.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <memory>
#include <streambuf>

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

// Takes the place of the buffer of std::cout, and keeps the errno of the first write that failed: a command goes on
// after it, so errno has changed when the command ends.
class OutputErrors : public std::streambuf {
 public:
  OutputErrors() : output_(std::cout.rdbuf(this)) {}
  ~OutputErrors() override { std::cout.rdbuf(output_); }

  int first() const { return first_; }  // 0: none

 private:
  template <class Result>
  Result noted(Result result, bool hasFailed) {
    if (hasFailed && first_ == 0) first_ = errno;
    return result;
  }
  int_type overflow(int_type character) override {
    if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
    const auto put = output_->sputc(traits_type::to_char_type(character));
    return noted(put, traits_type::eq_int_type(put, traits_type::eof()));
  }
  std::streamsize xsputn(const char* text, std::streamsize length) override {
    const auto put = output_->sputn(text, length);
    return noted(put, put != length);
  }
  int sync() override {
    const int synced = output_->pubsync();
    return noted(synced, synced != 0);
  }

  std::streambuf* const output_;
  int first_ = 0;
};

// Flushes stdout. Output that is lost (a full disk) must not look like success: it may be the ids of pushed tasks.
bool flushOutput(const OutputErrors& errors) {
  std::cout.flush();
  if (std::cout && std::fflush(stdout) == 0) return true;
  printNotice("cannot write to standard output: {}", std::strerror(errors.first() != 0 ? errors.first() : errno));
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
  const cli::OutputErrors errors;
  const int status = std::visit(cli::Runner{complete}, cli::parseCommandLine(argc, argv));
  return cli::flushOutput(errors) || status != base::kExitDone ? status : base::kExitPartlyDone;
}

}  // namespace leptir
