// What the configuration says of a task by its name, where the task itself leaves it open.
#pragma once

#include "leptir/task_rules.h"
#include "settlement/held_task.h"

namespace leptir::settlement {

// Sets the attempts and the retry delay that the task itself leaves open.
void applyRules(const TaskRules& rules, HeldTask& task);
// The limit of the task itself, else that of `rules`, else `defaultLimit`; zero: none. `rules`: of its name, or null.
Duration timeLimitOf(const HeldTask& task, const TaskRules* rules, Duration defaultLimit);

}  // namespace leptir::settlement
