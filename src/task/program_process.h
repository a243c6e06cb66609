// Runs a program to its end: without a shell, and with only the descriptors, signals and environment that it is given.
#pragma once

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/stop_token.h"
#include "leptir/task_rules.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace leptir::task {

struct ProgramCall {
  std::vector<std::string> arguments;                // the program first
  std::string path;                                  // the folders in which a program without a `/` is looked up
  std::vector<std::string> environment;              // NAME=value: all of it but LEPTIR_RESULT
  std::string directory;                             // working directory; empty: that of this process
  std::string input;                                 // the whole content of stdin
  bool ownSession = false;                           // false: a process group in the session of this process
  std::uint64_t run = 0;                             // another number for each run: see SpawnedProgram::results
  ResourceLimits limits{};                           // of the task name; this process has set them already
  Duration startTimeout = std::chrono::seconds(30);  // to retry while descriptors, memory or processes lack
};

// How a program ended: by exit(exitCode), or by `signal` if that is not 0.
struct ProgramExit {
  int exitCode = 0;
  int signal = 0;
};

// The functions that runProgram calls while the program runs.
struct ProgramCallbacks {
  std::function<void(std::string_view)> onStdout;  // gets the program's output piece by piece
  std::function<void(std::string_view)> onStderr;
  std::function<void(std::string_view)> onResult;  // what it writes to descriptor 3, or to the file LEPTIR_RESULT
  // From the moment when the token fires until runProgram returns, runProgram calls whileStopping at least every
  // kStopPollInterval. It does not end the program: the master, which fired the token, sends the signals for that.
  StopToken stopToken;
  std::function<void()> whileStopping;  // may be empty
  // Called once, with the reason, if the program cannot be started yet and runProgram tries again; may be empty.
  std::function<void(const Error&)> onStartDelayed;
};

// How often runProgram checks a program that is being stopped, or any program if the kernel has no pidfd_open.
inline constexpr Duration kStopPollInterval = std::chrono::milliseconds(20);

// How long runProgram reads on after the program has exited, if a child of it still has its stdout or stderr open.
inline constexpr Duration kOutputGrace = std::chrono::milliseconds(200);

// Starts the program and returns when it has exited. The program has descriptors 0 to 3 only, default signal handlers
// and no blocked signals. All that it wrote before it exited has then been passed on. Invalid: it cannot be started, or
// not under the limits of its task name; the message says why. Unavailable: descriptors, memory or processes lacked
// until `startTimeout` was over or the stop token fired. Internal: other code in this process reaped it. When a
// function of `callbacks` throws, the program is killed.
Result<ProgramExit> runProgram(const ProgramCall& call, const ProgramCallbacks& callbacks);

}  // namespace leptir::task
