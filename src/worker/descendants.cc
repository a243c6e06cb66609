#include "worker/descendants.h"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "leptir/clock.h"

namespace leptir::worker {
namespace {

using namespace std::chrono_literals;

constexpr Duration kKillDescendantsTimeout = 200ms;
constexpr std::size_t kMaxProcessesNamed = 10;

std::string nameOf(int pid) {
  std::string command;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), command);
  return "process " + std::to_string(pid) + " (" + command + ")";
}

// A zombie is only reaped.
void endOne(const base::ProcessInfo& child, std::vector<base::ProcessInfo>& ended, std::vector<std::string>& names) {
  if (!child.dead && std::ranges::find(ended, child) == ended.end()) {
    ended.push_back(child);
    if (names.size() < kMaxProcessesNamed) names.push_back(nameOf(child.pid));
  }
  base::killWithDescendants(child);
  ::waitpid(child.pid, nullptr, WNOHANG | __WALL);
}

}  // namespace

Descendants::Descendants(link::Slot& slot) : slot_(slot) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (base::hasChildren()) keepAndCountUnlisted();
}

std::vector<std::string> Descendants::end() {
  std::vector<base::ProcessInfo> ended;
  std::vector<std::string> names;
  const auto until = systemClock().bootTime() + kKillDescendantsTimeout;
  while (base::hasChildren()) {
    auto left = base::childrenOf(::getpid());
    std::erase_if(left, [this](const base::ProcessInfo& child) { return base::isAmongOrSharesSession(child, kept_); });
    if (left.empty() || systemClock().bootTime() >= until) break;
    for (const auto& child : left) endOne(child, ended, names);
    ::usleep(500);
  }
  return names;
}

std::size_t Descendants::keepAndCountUnlisted() {
  std::erase_if(kept_, base::hasEndedWithSession);
  const auto before = std::max(kept_.size(), link::Slot::kMaxKeptDescendants);
  if (base::hasChildren()) addNewToKept();
  slot_.writeKeptDescendants(kept_);
  return std::max(kept_.size(), before) - before;
}

void Descendants::addNewToKept() {
  for (auto process : base::descendantsOf(::getpid())) {
    if (process.dead || base::isAmongOrSharesSession(process, kept_)) continue;
    // 0 stands for the worker's session: what a task starts is in that session, unless it calls setsid().
    if (process.session == ::getsid(0)) process.session = 0;
    kept_.push_back(process);
  }
}

}  // namespace leptir::worker
