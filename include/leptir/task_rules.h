// TaskRules: the settings of one task name in the configuration: `tasks: NAME: {time_limit, memory, …}`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "leptir/clock.h"

namespace leptir {

// Limits on the resources of a run. A task name with any limit runs in a new worker that exits afterwards, since a
// process cannot raise its limits again.
struct ResourceLimits {
  std::optional<std::uint64_t> memory{};     // bytes, added to what a worker uses by itself (RLIMIT_DATA, RLIMIT_AS)
  std::optional<std::int64_t> cpuSeconds{};  // SIGXCPU at the limit, SIGKILL a second later (RLIMIT_CPU)
  std::optional<std::int64_t> openFiles{};   // RLIMIT_NOFILE
  std::optional<std::uint64_t> fileSize{};   // bytes (RLIMIT_FSIZE)
  std::optional<int> nice{};                 // 0 to 19

  bool any() const { return memory || cpuSeconds || openFiles || fileSize || nice; }
};

struct TaskRules {
  std::optional<Duration> timeLimit{};         // for tasks pushed without a time limit; zero: no limit
  std::optional<std::uint32_t> maxAttempts{};  // for tasks pushed without a maximum
  std::optional<Duration> retryDelay{};        // before the second attempt; doubled for each later one, up to an hour
  std::optional<std::uint32_t> maxRunning{};   // how many tasks of the name one instance runs at once; at least 1
  ResourceLimits limits{};
  bool keepDescendants = false;  // true: child processes that outlive the run are not killed
};

using TaskRulesByName = std::map<std::string, TaskRules, std::less<>>;

}  // namespace leptir
