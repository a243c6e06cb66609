#include "instance/instance.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <iostream>
#include <string>

#include "base/wipe_memory.h"
#include "instance/flight.h"
#include "instance/program_check.h"
#include "instance/store_check.h"
#include "master/pid_file.h"

namespace leptir {
namespace {

constexpr int kOk = 0, kNotDone = 1, kConfigurationWrong = 78;

int complain(const Error& error, int status) {
  std::cerr << "leptir: " << error.message() << '\n';
  return status;
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

// In the process that stays: takes the pid file, prepares, says that it flies, runs. `ready` is told the exit status as
// soon as it is known.
int fly(Config& config, const InstanceOptions& options, const Program& program, const std::function<void(int)>& ready) {
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
  Flight flight(config, options, program);
  if (const int status = flight.prepare(); status != kOk) {
    pidFile->remove();
    ready(status);
    return status;
  }
  if (options.announce) sayInColour("\033[32m", "Starting a little butterfly. Fly buddy, fly!");
  ready(kOk);
  const int status = flight.run(*pidFile);
  pidFile->remove();
  return status;
}

// One fork and setsid, as the seed did; the parent ends when the daemon flies or has said why it cannot.
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

int runInstance(Config config, const InstanceOptions& options, const Program& program) {
  // What was read and parsed still stands in memory that is free, and that objects which live on take over in parts.
  wipeFreeMemory();
  if (const auto fine = checkPrograms(config, program); !fine) return complain(fine.error(), kConfigurationWrong);
  const int status = inChild([&config] {
    return checkStores(config, [](const std::string& text) { std::cerr << "leptir: " << text << std::endl; });
  });
  if (status != kOk) return status;
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
