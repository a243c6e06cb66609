#include "base/process_tree.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "base/proc_text.h"

namespace leptir::base {
namespace {

// The numbers of the threads of a process, as text.
std::vector<std::string> threadsOf(int pid) {
  std::vector<std::string> threads;
  const std::string folder = "/proc/" + std::to_string(pid) + "/task";
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), &::closedir);
  if (!listing) return threads;
  while (const dirent* entry = ::readdir(listing.get())) {
    if (entry->d_name[0] != '.') threads.emplace_back(entry->d_name);
  }
  return threads;
}

}  // namespace

std::optional<ProcessInfo> processInfo(int pid) {
  const auto stat = readProcText(pid, "stat").value_or("");
  const auto nameEnds = stat.rfind(')');  // the name itself may contain spaces and parentheses
  if (nameEnds == std::string::npos) return std::nullopt;
  std::istringstream fields(stat.substr(nameEnds + 1));
  std::string skipped;
  char state = 0;
  ProcessInfo info;
  info.pid = pid;
  int parent = 0;
  fields >> state >> parent >> info.group >> info.session;
  for (int field = 7; field < 22; ++field) fields >> skipped;
  fields >> info.startTicks;
  info.dead = state == 'Z' || state == 'X';
  if (!fields) return std::nullopt;
  return info;
}

std::vector<ProcessInfo> childrenOf(int pid) {
  std::vector<ProcessInfo> children;
  for (const auto& thread : threadsOf(pid)) {
    std::istringstream pids(readProcText(pid, "task/" + thread + "/children").value_or(""));
    for (int child = 0; pids >> child;) {
      if (const auto info = processInfo(child)) children.push_back(*info);
    }
  }
  return children;
}

bool hasChildren() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 || errno != ECHILD;
}

std::vector<ProcessInfo> descendantsOf(int pid) {
  auto found = childrenOf(pid);
  // Bounds the work when a process forks faster than we can list; the next call finds the processes that are left out.
  constexpr std::size_t kEnough = 10'000;
  for (std::size_t i = 0; i < found.size() && found.size() < kEnough; ++i) {
    const auto below = childrenOf(found[i].pid);
    found.insert(found.end(), below.begin(), below.end());
  }
  return found;
}

bool startedSince(const ProcessInfo& process, BootTime moment) {
  static const long ticksPerSecond = ::sysconf(_SC_CLK_TCK);
  constexpr std::int64_t kDoubt = 2;
  const auto ticks = moment.time_since_epoch().count() / (1'000'000 / ticksPerSecond);
  return process.startTicks + kDoubt >= ticks;
}

bool isAmongOrSharesSession(const ProcessInfo& process, const std::vector<ProcessInfo>& others) {
  return std::ranges::any_of(others, [&](const ProcessInfo& other) {
    return process == other || (other.session != 0 && process.session == other.session);
  });
}

bool hasEndedWithSession(const ProcessInfo& process) {
  if (processInfo(process.pid) == process) return false;
  return process.session == 0 || (::kill(-process.session, 0) != 0 && errno == ESRCH);
}

void signalWithGroups(const std::vector<ProcessInfo>& processes, int signal) {
  std::set<int> leaders;
  for (const auto& process : processes) {
    if (process.group == process.pid) leaders.insert(process.pid);
  }
  for (const int leader : leaders) ::kill(-leader, signal);
  for (const auto& process : processes) {
    if (!process.dead && !leaders.contains(process.group)) ::kill(process.pid, signal);
  }
}

std::vector<ProcessInfo> killWithDescendants(const ProcessInfo& process) {
  auto all = descendantsOf(process.pid);
  all.push_back(process);
  signalWithGroups(all, SIGKILL);
  std::erase_if(all, [](const ProcessInfo& hit) { return hit.dead; });
  return all;
}

std::vector<ProcessInfo> killGroup(int group) {
  const auto isMember = [group](const ProcessInfo& process) { return process.group == group && !process.dead; };
  std::vector<ProcessInfo> members;
  for (const auto& child : childrenOf(::getpid())) {
    if (!isMember(child)) continue;
    members.push_back(child);
    std::ranges::copy_if(descendantsOf(child.pid), std::back_inserter(members), isMember);
  }
  ::kill(-group, SIGKILL);
  return members;
}

std::vector<ProcessInfo> killStrayChildren(const std::function<bool(const ProcessInfo&)>& isStray) {
  std::vector<ProcessInfo> strays;
  for (const auto& child : childrenOf(::getpid())) {
    if (child.dead || !isStray(child)) continue;
    const auto hit = killWithDescendants(child);
    strays.insert(strays.end(), hit.begin(), hit.end());
  }
  return strays;
}

}  // namespace leptir::base
