// The processes below a process, as /proc tells them: what a task may have left behind.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "leptir/clock.h"

namespace leptir {

struct ProcessInfo {
  int pid = 0;
  int group = 0;
  int session = 0;
  std::int64_t startTicks = 0;  // since boot, a hundredth of a second each
  bool dead = false;            // a zombie: only its number is left

  // The same process, not one that got its number later.
  friend bool operator==(const ProcessInfo& a, const ProcessInfo& b) {
    return a.pid == b.pid && a.startTicks == b.startTicks;
  }
};

// None: there is no such process (any more).
std::optional<ProcessInfo> processInfo(int pid);
std::vector<ProcessInfo> childrenOf(int pid);
// Children, their children and so on; not `pid` itself.
std::vector<ProcessInfo> descendantsOf(int pid);

// Whether it was started at `moment` or later, in doubt yes.
bool startedSince(const ProcessInfo& process, BootTime moment);

// Whether it is one of these processes, or belongs to the session of one (0: of none).
bool isAmong(const ProcessInfo& process, const std::vector<ProcessInfo>& others);

// Whether it has ended, and of its session (unless that is 0) the first process group, too.
bool isGone(const ProcessInfo& process);

// Sends the signal to each of these processes once. A process group that one of them leads gets it as a whole: then no
// process is left out that was forked there in the meantime.
void signalWithGroups(const std::vector<ProcessInfo>& processes, int signal);

// SIGKILL to a process and to all that is below it. Answers whom it hit.
std::vector<ProcessInfo> killWithDescendants(const ProcessInfo& process);

// SIGKILL to a process group. Answers those of its members that it hit, as far as they are children of this process or
// below one that is.
std::vector<ProcessInfo> killGroup(int group);

// Kills each child of this process that `isStray`, with all that is below it. Answers whom it hit, so: call it until it
// answers none.
std::vector<ProcessInfo> killStrays(const std::function<bool(const ProcessInfo&)>& isStray);

}  // namespace leptir
