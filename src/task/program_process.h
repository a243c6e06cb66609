// One run of a program: started without a shell in a clean process, watched until it ends.
#pragma once

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/stop_token.h"
#include "leptir/task_rules.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace leptir {

struct ProgramCall {
  std::vector<std::string> arguments;            // the program first; without a `/` it is looked for in the PATH below
  std::vector<std::string> environment;          // NAME=value; nothing else is there
  std::string directory;                         // empty: ours
  std::string input;                             // stdin, then its end
  bool ownSession = false;                       // else it leads a process group in our session
  ResourceLimits limits{};                       // of its task's name; this process is under them already
  Duration patience = std::chrono::seconds(30);  // how long want of descriptors, memory or processes is waited out
};

// How it ended: by exit(exitCode), or by a signal when that is not 0.
struct ProgramEnd {
  int exitCode = 0;
  int signal = 0;
};

// Who watches it.
struct ProgramWatcher {
  std::function<void(std::string_view)> onStdout;  // what it writes, piece by piece as it comes
  std::function<void(std::string_view)> onStderr;
  // Once it has fired the program has little time left: from then on onStopping is called at once, and after each wait,
  // which takes kLookEvery at the longest, until runProgram returns. Nothing else: whoever fires ends the program, too.
  StopToken stopToken;
  std::function<void()> onStopping;  // may be none
  // Told once why the program cannot be started yet, when it is tried again; may be none.
  std::function<void(const Error&)> onWaiting;
};

// How often a program is looked after while it is being stopped, and on kernels that cannot wake us at its end.
inline constexpr Duration kLookEvery = std::chrono::milliseconds(20);

// How long is read on after the program has ended, when a process that it left behind holds its output open.
inline constexpr Duration kOutputGrace = std::chrono::milliseconds(200);

// Runs it to its end. It gets descriptors 0 to 2 and no others, default signals, none of them blocked. Invalid: it
// cannot be started (names the program or the folder, and why), or not under the limits of its name. Unavailable: we
// lacked descriptors, memory or processes all through its patience, or until the stop token fired. Internal: somebody
// else took its exit status. When the watcher throws, it is killed.
Result<ProgramEnd> runProgram(const ProgramCall& call, const ProgramWatcher& watcher);

}  // namespace leptir
