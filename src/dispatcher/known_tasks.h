// The tasks that this program can run, and what the configuration says of them by name.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "dispatcher/core_options.h"
#include "settlement/held_task.h"

namespace leptir::dispatcher {

class KnownTasks {
 public:
  // `options` must outlive the object.
  explicit KnownTasks(const CoreOptions& options);

  // Sets HeldTask::knownNameNumber and limitedName, and fills in those options that the task itself does not set from
  // the rules for its name.
  void applyRules(settlement::HeldTask& task) const;
  Duration timeLimitOf(const settlement::HeldTask& task) const;
  // Whether only a worker that has run no task yet may run the task, since its name has resource limits.
  bool needsFreshWorker(const settlement::HeldTask& task) const;
  // The number of names with `max_running`. HeldTask::limitedName counts them from 1.
  std::uint32_t limitedNameCount() const { return static_cast<std::uint32_t>(maxRunning_.size()); }
  // The number of a name; 0: it has no limit.
  std::uint32_t limitedNameNumber(std::string_view name) const;
  // How many tasks of such a name may run at once.
  std::size_t maxRunning(std::uint32_t limitedName) const { return maxRunning_[limitedName - 1]; }

 private:
  const TaskRules* rulesFor(const settlement::HeldTask& task) const;

  std::uint32_t knownNameNumber(std::string_view name) const;

  const CoreOptions& options_;
  std::vector<std::string_view> names_;  // sorted
  std::map<std::string_view, std::uint32_t> limitedNames_;
  std::vector<std::size_t> maxRunning_;
};

}  // namespace leptir::dispatcher
