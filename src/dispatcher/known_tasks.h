// The tasks that this program can run, and what the configuration says of them by name.
#pragma once

#include <string_view>

#include "dispatcher/core_options.h"
#include "settlement/held_task.h"

namespace leptir::dispatcher {

class KnownTasks {
 public:
  // `options` must outlive the object.
  explicit KnownTasks(const CoreOptions& options) : options_(options) {}

  bool contains(std::string_view name) const { return options_.taskNames.contains(name); }
  // Sets what the task itself leaves open. Options of the task take precedence over the rules for its name.
  void applyRules(settlement::HeldTask& task) const;
  Duration timeLimitOf(const settlement::HeldTask& task) const;
  // Whether only a worker that has run no task yet may run the task, since its name has resource limits.
  bool needsFreshWorker(const settlement::HeldTask& task) const;

 private:
  const TaskRules* rulesFor(const settlement::HeldTask& task) const;

  const CoreOptions& options_;
};

}  // namespace leptir::dispatcher
