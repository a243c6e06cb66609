// Asks the instances of the fleet about a task that one of them runs.
#pragma once

#include <string>
#include <vector>

#include "leptir/operations.h"
#include "operations/instance_questions.h"

namespace leptir::operations {

// Asks the instance whose card names the task, and if that does not run it (its card was written up to two seconds
// ago), all others that may run it, except those in `notAsked` (names of instances).
//
// Invalid: the instances that were asked do not run it. Lost: the instance that ran it is gone, or no instance may run
// it. Other errors: as askInstances.
Result<InstanceAnswer> askAboutTask(Operations& operations, Stores& stores, const TaskDetails& task,
                                    const InstanceQuestion& question, const std::vector<std::string>& notAsked = {});

}  // namespace leptir::operations
