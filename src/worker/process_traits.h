// What a task may change of its process for good, so that the next task must run in another process.
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

namespace leptir {

class ProcessTraits {
 public:
  // Remembers how things are now: after the start hooks, whose changes stay.
  ProcessTraits();

  // Puts back the environment and limits that a task has changed, where the kernel allows it, and disarms its interval
  // timers. Names what cannot be put back: user and group ids, capabilities, namespaces, the root folder, lowered hard
  // limits, niceness, I/O priority, oom_score_adj, processors, POSIX timers, seccomp. About 55 system calls.
  std::optional<std::string> restore() const;
  // How many threads a task has left running. One that just ends is waited for, 50 ms at the longest.
  std::size_t leftThreads() const;

 private:
  struct Ids {
    std::array<uid_t, 3> users{};
    std::array<gid_t, 3> groups{};
    std::vector<gid_t> supplementary;
    friend bool operator==(const Ids&, const Ids&) = default;
  };
  struct Root {
    FileIdentity folder;
    std::uint64_t mount = 0;  // another one in another mount namespace; 0: not known
    friend bool operator==(const Root&, const Root&) = default;
  };
  // Effective, permitted and inheritable ones, and the securebits.
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
  bool restoreProcessors() const;

  const EnvironmentVariables environment_;
  Ids ids_;
  Root root_;
  std::optional<Capabilities> capabilities_;
  // Kept open, since opening them costs ten times as much as reading. To a task that closes them all applies what
  // surroundings.cc says.
  const UniqueFd namespaceFolder_, timerList_;
  std::vector<std::pair<const char*, std::string>> namespaces_;
  std::optional<std::string> posixTimers_;  // none: the kernel does not tell
  std::array<rlimit, kLimits> limits_{};
  std::array<bool, kTimers> timers_{};  // armed by the start hooks
  cpu_set_t processors_{};
  bool knowsProcessors_;  // false: there are more than such a set can name
  int nice_;
  std::optional<int> ioPriority_, oomAdjustment_;
  int seccomp_;
  std::size_t threads_;  // 0: not known, since there is no /proc
};

}  // namespace leptir
