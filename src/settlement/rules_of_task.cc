#include "settlement/rules_of_task.h"

#include "base/saturated.h"

namespace leptir::settlement {

void applyRules(const TaskRules& rules, HeldTask& task) {
  if (task.head.maxAttempts == 0) task.head.maxAttempts = rules.maxAttempts.value_or(0);
  task.retryDelay = rules.retryDelay.value_or(kDefaultRetryDelay);
}

Duration timeLimitOf(const HeldTask& task, const TaskRules* rules, Duration defaultLimit) {
  if (task.head.timeLimitSeconds > 0) return base::durationFromWholeSeconds(task.head.timeLimitSeconds);
  return rules != nullptr ? rules->timeLimit.value_or(defaultLimit) : defaultLimit;
}

}  // namespace leptir::settlement
