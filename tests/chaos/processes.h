// The processes of this machine, as /proc tells them.
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

// Nothing but pid 0 when it is not there.
ProcessSeen look(pid_t pid);
std::vector<ProcessSeen> allProcesses();
// Zombies count.
std::vector<ProcessSeen> childrenOf(pid_t parent);
// Children, theirs, and so on.
std::vector<pid_t> treeBelow(pid_t root);

// Runs or sleeps or stands still, but is no zombie.
bool isAlive(pid_t pid);
bool hasThread(pid_t pid, const std::string& name);
// Whether "KEY=value" stood in its environment when its program began.
bool hasInEnvironment(pid_t pid, const std::string& entry);
long descriptorsOf(pid_t pid);
// Of its own: neither shared memory nor files.
long privateKilobytesOf(pid_t pid);
double cpuSecondsOf(pid_t pid);
int oomScoreOf(pid_t pid);

}  // namespace leptir::chaos
