#include "dispatcher/known_tasks.h"

#include "base/saturated.h"

namespace leptir::dispatcher {

using settlement::HeldTask;

KnownTasks::KnownTasks(const CoreOptions& options) : options_(options) {
  for (const auto& [name, rules] : options.taskRules) {
    if (!rules.maxRunning) continue;
    mostRunning_.push_back(*rules.maxRunning);
    limitedNames_.emplace(name, limitedNames());
  }
}

const TaskRules* KnownTasks::rulesFor(const HeldTask& task) const {
  const auto found = options_.taskRules.find(task.head.name);
  return found == options_.taskRules.end() ? nullptr : &found->second;
}

void KnownTasks::applyRules(HeldTask& task) const {
  const auto* rules = rulesFor(task);
  if (rules == nullptr) return;
  if (task.head.maxAttempts == 0) task.head.maxAttempts = rules->maxAttempts.value_or(0);
  if (rules->maxRunning) task.limitedName = limitedNames_.at(task.head.name);
  task.retryDelay = rules->retryDelay.value_or(settlement::kRetryDelay);
}

Duration KnownTasks::timeLimitOf(const HeldTask& task) const {
  if (task.head.timeLimitSeconds > 0) return base::durationFromWholeSeconds(task.head.timeLimitSeconds);
  const auto* rules = rulesFor(task);
  return rules != nullptr ? rules->timeLimit.value_or(options_.defaultTimeLimit) : options_.defaultTimeLimit;
}

bool KnownTasks::needsFreshWorker(const HeldTask& task) const {
  const auto* rules = rulesFor(task);
  return rules != nullptr && rules->limits.any();
}

}  // namespace leptir::dispatcher
