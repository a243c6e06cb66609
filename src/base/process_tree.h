// Finds and kills descendants of a process by reading /proc. The master and the workers use it to clean up after tasks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "leptir/clock.h"

namespace leptir::base {

struct ProcessInfo {
  int pid = 0;
  int group = 0;
  int session = 0;
  std::int64_t startTicks = 0;  // start time since boot, in clock ticks (usually 1/100 s)
  bool dead = false;            // a zombie, or being removed by the kernel

  // Compares number and start time, so that a later process with the same number is not equal.
  friend bool operator==(const ProcessInfo& a, const ProcessInfo& b) {
    return a.pid == b.pid && a.startTicks == b.startTicks;
  }
};

// Empty: no process has this number.
std::optional<ProcessInfo> processInfo(int pid);
std::vector<ProcessInfo> childrenOf(int pid);
// Whether this process has a child, also one that has ended but was not waited for. One system call.
bool hasChildren();
// Children, grandchildren and so on; `pid` itself is not included.
std::vector<ProcessInfo> descendantsOf(int pid);

// Whether the process started at `moment` or later. True in doubt: the comparison allows for two clock ticks.
bool startedSince(const ProcessInfo& process, BootTime moment);

// Whether `process` is one of `others`, or is in the same session as one of them. Session 0 does not count.
bool isAmongOrSharesSession(const ProcessInfo& process, const std::vector<ProcessInfo>& others);

// Whether the process has ended and the process group of its session's leader is empty. Session 0 does not count.
bool hasEndedWithSession(const ProcessInfo& process);

// Sends the signal to each process once. When one of them leads its process group, the whole group gets the signal, so
// that a process which was forked in that group in the meantime is not missed.
void signalWithGroups(const std::vector<ProcessInfo>& processes, int signal);

// Sends SIGKILL to a process and all its descendants. Answers the processes that got the signal.
std::vector<ProcessInfo> killWithDescendants(const ProcessInfo& process);

// Sends SIGKILL to a process group. Answers its living members that are children of this process, and those that are
// descendants of such a child.
std::vector<ProcessInfo> killGroup(int group);

// Kills each child of this process for which `isStray` is true, with all its descendants. Answers the processes that
// got SIGKILL. Orphans of killed processes can become new children, so call it until the answer is empty.
std::vector<ProcessInfo> killStrayChildren(const std::function<bool(const ProcessInfo&)>& isStray);

}  // namespace leptir::base
