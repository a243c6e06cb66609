#include "instance/instance.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include "base/escape.h"
#include "base/exit_code.h"
#include "base/standard_streams.h"
#include "base/wipe_memory.h"
#include "instance/instance_setup.h"
#include "instance/program_check.h"
#include "instance/start_signals.h"
#include "instance/store_check.h"
#include "instance/terminal_output.h"
#include "instance/tracing.h"

namespace leptir::instance {
namespace {

// Called before signals are blocked, since a write to a reader that never reads could not be interrupted; and before a
// fork, since each child would write the buffered text again.
void flushStreams() {
  std::cout.flush();
  std::fflush(nullptr);
}

// In PHP leptir's colours, on a terminal only.
void printInColour(const char* colour, const std::string& text, int stream = STDOUT_FILENO) {
  const bool terminal = ::isatty(stream) == 1;
  printOn(stream, (terminal ? colour : "") + text + (terminal ? "\033[0m" : "") + "\n");
}

bool writesJsonLines(const Config& config, LogSinkConfig::Type type) {
  return std::ranges::any_of(config.loggers, [&](const LogSinkConfig& logger) {
    return logger.type == type && logger.format == LogFormat::JsonLines;
  });
}

// A stream whose lines are JSON has no other line. A daemon logs on no stream.
void announceStart(const Config& config, const InstanceOptions& options) {
  constexpr auto kWords = "Starting a little butterfly. Fly buddy, fly!";
  constexpr auto kGreen = "\033[32m";
  if (options.daemon || !writesJsonLines(config, LogSinkConfig::Type::Stdout)) return printInColour(kGreen, kWords);
  if (!writesJsonLines(config, LogSinkConfig::Type::Stderr)) printInColour(kGreen, kWords, STDERR_FILENO);
}

int reportLockFailure(const Error& why, const InstanceFiles& files) {
  if (why.code() != ErrorCode::Lost) return reportError(why, base::kExitPartlyDone);
  const auto other = findInstance(files);
  printInColour("\033[31m",
                "Leptir is already flying on this box." +
                    (other && *other ? " (" + base::escaped(describeInstance(**other)) + ")" : std::string()));
  return base::kExitPartlyDone;
}

// Checks the stores. Answers the exit status if a store cannot be used or a signal ended the start; nullopt: go on.
std::optional<int> checkStoresInChild(const Config& config, StartSignals& signals, InstanceLocks& locks) {
  const auto checked = signals.runInChild([&] {
    locks.closeInChild();
    return checkStores(config, printOnStderr);
  });
  if (!checked) return reportError(checked.error(), base::kExitPartlyDone);
  if (!*checked) {
    printOnStderr("stopped by a signal while it checked its stores");
    return base::kExitDone;
  }
  return **checked == base::kExitDone ? std::nullopt : *checked;
}

// Starts and runs the instance in this process. `ready` is told the exit status as soon as the start has succeeded or
// failed.
int startAndRun(Config& config, const InstanceOptions& options, const Program& program,
                const std::function<void(int)>& ready) {
  const auto end = [&ready](int status, int told) {
    ready(told);
    return status;
  };
  auto signals = StartSignals::open();
  if (!signals) return end(reportError(signals.error(), base::kExitPartlyDone), base::kExitPartlyDone);
  auto locks = InstanceLocks::take(options.files);
  if (!locks) return end(reportLockFailure(locks.error(), options.files), base::kExitPartlyDone);
  InstanceSetup setup(config, options, program, *locks);
  int status = setup.prepare();
  bool stopped = false;
  if (status == base::kExitDone) {
    const auto why = checkStoresInChild(config, *signals, *locks);
    stopped = why == base::kExitDone;
    status = why.value_or(base::kExitDone);
    if (!why) status = setup.takeSessionLocks();
  }
  if (status != base::kExitDone || stopped) {
    setup.undoPrepare();
    locks->remove();
    return end(status, stopped ? base::kExitPartlyDone : status);
  }
  for (const auto& warning : setup.warnings()) printOnStderr(warning);
  if (options.announce) announceStart(config, options);
  ready(base::kExitDone);
  signals->resendSignalToMaster();
  status = setup.run([&] {
    signals->closeInChild();
    locks->closeInChild();
  });
  locks->remove();
  return status;
}

// One fork and setsid, as in PHP leptir; the parent ends when the daemon runs or has printed why it cannot.
int runAsDaemon(Config& config, const InstanceOptions& options, const Program& program) {
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0)
    return reportError(Error(ErrorCode::Unavailable, std::string("pipe: ") + std::strerror(errno)),
                       base::kExitPartlyDone);
  const pid_t child = ::fork();
  if (child < 0)
    return reportError(
        Error(ErrorCode::Unavailable, std::string("Forking daemon process failed: ") + std::strerror(errno)),
        base::kExitPartlyDone);
  if (child > 0) {
    ::close(pipe[1]);
    char status = base::kExitPartlyDone;
    const bool told = ::read(pipe[0], &status, 1) == 1;
    return told ? status : base::kExitPartlyDone;
  }
  ::close(pipe[0]);
  base::closeInheritedDescriptors(pipe[1]);
  ::setsid();
  ::_exit(startAndRun(config, options, program, [&pipe](int status) {
    if (status == base::kExitDone) {
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

int runInstance(Config config, const InstanceOptions& options, const Program& program) {
  flushStreams();
  if (const auto fine = checkPrograms(config, program); !fine) return reportError(fine.error(), base::kExitConfigError);
  if (const auto fine = checkTracing(config); !fine) return reportError(fine.error(), base::kExitConfigError);
  // The text of the configuration, what was parsed from it and what was copied to check it still stand in freed memory,
  // passwords included, and objects that live on may come to lie over parts of it.
  base::wipeFreeMemory();
  if (options.daemon) return runAsDaemon(config, options, program);
  return startAndRun(config, options, program, [](int) {});
}

}  // namespace leptir::instance
