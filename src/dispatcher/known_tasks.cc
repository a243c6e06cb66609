#include "dispatcher/known_tasks.h"

#include <algorithm>

#include "settlement/rules_of_task.h"

namespace leptir::dispatcher {

using settlement::HeldTask;

KnownTasks::KnownTasks(const CoreOptions& options)
    : options_(options), names_(options.taskNames.begin(), options.taskNames.end()) {
  for (const auto& [name, rules] : options.taskRules) {
    if (!rules.maxRunning) continue;
    maxRunning_.push_back(*rules.maxRunning);
    limitedNames_.emplace(name, limitedNameCount());
  }
}

const TaskRules* KnownTasks::rulesFor(const HeldTask& task) const {
  const auto found = options_.taskRules.find(task.head.name);
  return found == options_.taskRules.end() ? nullptr : &found->second;
}

std::uint32_t KnownTasks::limitedNameNumber(std::string_view name) const {
  const auto found = limitedNames_.find(name);
  return found == limitedNames_.end() ? 0 : found->second;
}

std::uint32_t KnownTasks::knownNameNumber(std::string_view name) const {
  const auto found = std::ranges::lower_bound(names_, name);
  const bool isKnown = found != names_.end() && *found == name;
  return isKnown ? static_cast<std::uint32_t>(found - names_.begin()) + 1 : 0;
}

void KnownTasks::applyRules(HeldTask& task) const {
  task.knownNameNumber = knownNameNumber(task.head.name);
  const auto* rules = rulesFor(task);
  if (rules == nullptr) return;
  settlement::applyRules(*rules, task);
  if (rules->maxRunning) task.limitedName = limitedNames_.at(task.head.name);
}

Duration KnownTasks::timeLimitOf(const HeldTask& task) const {
  return settlement::timeLimitOf(task, rulesFor(task), options_.defaultTimeLimit);
}

bool KnownTasks::needsFreshWorker(const HeldTask& task) const {
  const auto* rules = rulesFor(task);
  return rules != nullptr && rules->limits.any();
}

}  // namespace leptir::dispatcher
