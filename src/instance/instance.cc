#include "instance/instance.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <optional>
#include <string>

#include "base/escape.h"
#include "base/standard_streams.h"
#include "base/wipe_memory.h"
#include "instance/flight.h"
#include "instance/program_check.h"
#include "instance/say.h"
#include "instance/start_signals.h"
#include "instance/store_check.h"

namespace leptir {
namespace {

constexpr int kOk = 0, kNotDone = 1, kConfigurationWrong = 78;

// Before signals are blocked, since the reader may never read, and before a fork, or each child would write it again.
void flushStreams() {
  std::cout.flush();
  std::fflush(nullptr);
}

// PHP leptir's colours, on a terminal only.
void sayInColour(const char* colour, const std::string& text) {
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  sayOn(STDOUT_FILENO, (terminal ? colour : "") + text + (terminal ? "\033[0m" : "") + "\n");
}

int refuseToFly(const Error& why, const InstanceFiles& files) {
  if (why.code() != ErrorCode::Lost) return complain(why, kNotDone);
  const auto other = findInstance(files);
  sayInColour("\033[31m", "Leptir is already flying on this box." +
                              (other && *other ? " (" + escaped(describeInstance(**other)) + ")" : std::string()));
  return kNotDone;
}

// Whether the stores can be used, or a signal came that ends the start. None: neither.
std::optional<int> whyNotToFly(const Config& config, StartSignals& signals, InstanceLocks& locks) {
  const auto checked = signals.await([&] {
    locks.closeInChild();
    return checkStores(config, sayOnStderr);
  });
  if (!checked) return complain(checked.error(), kNotDone);
  if (!*checked) {
    sayOnStderr("stopped by a signal while it checked its stores");
    return kOk;
  }
  return **checked == kOk ? std::nullopt : std::optional(**checked);
}

// In the process that stays. `ready` is told the exit status as soon as it is known.
int fly(Config& config, const InstanceOptions& options, const Program& program, const std::function<void(int)>& ready) {
  const auto end = [&ready](int status, int told) {
    ready(told);
    return status;
  };
  auto signals = StartSignals::open();
  if (!signals) return end(complain(signals.error(), kNotDone), kNotDone);
  auto locks = InstanceLocks::take(options.files);
  if (!locks) return end(refuseToFly(locks.error(), options.files), kNotDone);
  Flight flight(config, options, program, *locks);
  int status = flight.prepare();
  bool stopped = false;
  if (status == kOk) {
    const auto why = whyNotToFly(config, *signals, *locks);
    stopped = why == kOk;
    status = why.value_or(kOk);
    if (!why) status = flight.takeSessionLocks();
  }
  if (status != kOk || stopped) {
    flight.abandon();
    locks->remove();
    return end(status, stopped ? kNotDone : status);
  }
  for (const auto& warning : flight.warnings()) sayOnStderr(warning);
  if (options.announce) sayInColour("\033[32m", "Starting a little butterfly. Fly buddy, fly!");
  ready(kOk);
  signals->handOn();
  status = flight.run([&] {
    signals->closeInChild();
    locks->closeInChild();
  });
  locks->remove();
  return status;
}

// One fork and setsid, as PHP leptir did; the parent ends when the daemon flies or has said why it cannot.
int flyAsDaemon(Config& config, const InstanceOptions& options, const Program& program) {
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
  closeInheritedDescriptors(pipe[1]);
  ::setsid();
  ::_exit(fly(config, options, program, [&pipe](int status) {
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

int runInstance(Config config, const InstanceOptions& options, const Program& program) {
  flushStreams();
  // What was read and parsed still stands in memory that is free, and that objects which live on take over in parts.
  wipeFreeMemory();
  if (const auto fine = checkPrograms(config, program); !fine) return complain(fine.error(), kConfigurationWrong);
  if (options.daemon) return flyAsDaemon(config, options, program);
  return fly(config, options, program, [](int) {});
}

}  // namespace leptir
