// Reads the processes of this machine from /proc.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace leptir::chaos {

struct ProcessSeen {
  pid_t pid = 0, parent = 0;
  char state = '?';
  long long startedTicks = 0;
  std::string name;
};

// An entry with pid 0 if the process does not exist.
ProcessSeen readProcess(pid_t pid);
std::vector<ProcessSeen> allProcesses();
// The children of a process, zombies included.
std::vector<ProcessSeen> childrenOf(pid_t parent);
// All descendants of a process: its children, their children, and so on.
std::vector<pid_t> treeBelow(pid_t root);

// Whether the process exists and is no zombie; it may be stopped.
bool isAlive(pid_t pid);
bool hasThread(pid_t pid, const std::string& name);
// Whether "KEY=value" stood in its environment when its program began.
bool hasInEnvironment(pid_t pid, const std::string& entry);
long descriptorsOf(pid_t pid);
// Anonymous memory in KiB, without shared memory and mapped files.
long privateKilobytesOf(pid_t pid);
double cpuSecondsOf(pid_t pid);
int oomScoreOf(pid_t pid);

}  // namespace leptir::chaos
