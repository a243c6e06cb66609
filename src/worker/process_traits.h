// Lasting changes that a task may make to its process. Where they cannot be undone, the next task must run in another
// process.
#pragma once

#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file_identity.h"
#include "base/unique_fd.h"
#include "worker/environment_variables.h"

namespace leptir::worker {

class ProcessTraits {
 public:
  // Remembers the present state. Constructed after the start hooks have run, so that their changes are kept.
  ProcessTraits();

  // Puts back the environment variables and limits that a task has changed, where the kernel allows it, and disarms its
  // interval timers. Answers a change that cannot be undone, as "changed the niceness of its process": user and group
  // ids, capabilities, namespaces, root folder, lowered hard limits, niceness, I/O priority, oom_score_adj, CPU
  // affinity, POSIX timers, seccomp. nullopt: no such change. About 55 system calls.
  std::optional<std::string> restore() const;
  // How many threads a task has left running. Waits 50 ms at most for threads that are just ending.
  std::size_t countLeftoverThreads() const;

 private:
  struct Ids {
    std::array<uid_t, 3> users{};
    std::array<gid_t, 3> groups{};
    std::vector<gid_t> supplementary;
    friend bool operator==(const Ids&, const Ids&) = default;
  };
  struct Root {
    base::FileIdentity folder;
    std::uint64_t mount = 0;  // mount id of /, different in each mount namespace; 0: not known
    friend bool operator==(const Root&, const Root&) = default;
  };
  // The effective, permitted and inheritable sets, two words each, then the securebits.
  using Capabilities = std::array<std::uint32_t, 7>;
  static constexpr int kLimits = RLIM_NLIMITS;
  static constexpr int kTimers = 3;

  static Ids currentIds();
  static Root currentRoot();
  static std::optional<Capabilities> currentCapabilities();
  std::optional<std::string> currentNamespace(const char* kind) const;
  std::optional<std::string> currentPosixTimers() const;
  bool areNamespacesUnchanged() const;
  static std::size_t currentThreads();
  std::optional<std::string> restoreLimits() const;
  void disarmTimers() const;
  std::optional<std::string> restorePriorities() const;
  bool restoreAffinity() const;

  const EnvironmentVariables environment_;
  Ids ids_;
  Root root_;
  std::optional<Capabilities> capabilities_;
  // Kept open, since opening them costs ten times as much as reading. A task that closes all descriptors has closed the
  // wake-up descriptors, too, and the worker then ends (task_receiver.cc).
  const base::UniqueFd namespaceFolder_, timerList_;
  std::vector<std::pair<const char*, std::string>> namespaces_;
  std::optional<std::string> posixTimers_;  // nullopt: this kernel has no /proc/self/timers
  std::array<rlimit, kLimits> limits_{};
  std::array<bool, kTimers> timers_{};  // whether the start hooks armed it
  cpu_set_t affinity_{};
  bool isAffinityKnown_;  // false: the machine has more processors than cpu_set_t can hold
  int nice_;
  std::optional<int> ioPriority_, oomAdjustment_;
  int confinement_;
  std::size_t threads_;  // 0: not known, since there is no /proc
};

}  // namespace leptir::worker
