// For tests: a server program that runs beside the test and dies with it.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

namespace leptir {

struct ServerProgram {
  std::vector<std::string> words;                                   // the program, found on the PATH, and its arguments
  std::filesystem::path log;                                        // gets its stdout and stderr, after what it has
  std::vector<std::pair<std::string, std::string>> variables = {};  // of the environment, besides the test's
  int signalWhenTestDies = SIGKILL;
};

class ServerProcess {
 public:
  ServerProcess() = default;
  ~ServerProcess() { end(SIGKILL); }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  void start(const ServerProgram& program);
  // Sends the signal and waits for the end of the process. Does nothing if no process runs.
  void end(int signal);
  // Stops the process, and returns when none of its threads runs; lets it go on.
  void freeze();
  void thaw() const;
  // Whether the process has ended by itself, which is noted.
  bool hasEnded();
  pid_t pid() const { return pid_; }  // 0: no process runs

 private:
  pid_t pid_ = 0;
};

// Starts the program in a session of its own; it outlives the test. Returns its pid.
pid_t startApart(const ServerProgram& program);

// A TCP port of 127.0.0.1 that was free a moment ago.
int freePort();

}  // namespace leptir
