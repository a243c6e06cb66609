// What the configuration says of a task name: `tasks: NAME: {time_limit, memory, …}`.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "leptir/clock.h"

namespace leptir {

// What a run may use beside time. A name that has any of these runs in a fresh worker, which ends afterwards: the
// kernel does not take limits back.
struct ResourceLimits {
  std::optional<std::uint64_t> memory{};     // bytes, beside what a worker has anyway (RLIMIT_DATA and RLIMIT_AS)
  std::optional<std::int64_t> cpuSeconds{};  // then SIGXCPU, a second later SIGKILL (RLIMIT_CPU)
  std::optional<std::int64_t> openFiles{};   // RLIMIT_NOFILE
  std::optional<std::uint64_t> fileSize{};   // bytes (RLIMIT_FSIZE)
  std::optional<int> nice{};                 // 0 to 19

  bool any() const { return memory || cpuSeconds || openFiles || fileSize || nice; }
};

struct TaskRules {
  std::optional<Duration> timeLimit{};         // where the task has none of its own; zero: none
  std::optional<std::uint32_t> maxAttempts{};  // where the task has none of its own
  std::optional<Duration> retryDelay{};        // before the second attempt; doubles from there, at most an hour
  ResourceLimits limits{};
  bool keepDescendants = false;  // processes that a run leaves behind go on; otherwise they end with it
};

using TaskRuleBook = std::map<std::string, TaskRules, std::less<>>;

}  // namespace leptir
