// How many tasks of a queue are in which state.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_queue.h"
#include "leptir/task_counts.h"

namespace leptir::mongodb {

// One aggregation that reads the index leptir_due alone; from a secondary where the configuration prefers one.
// Documents without a state are not counted: they are adopted before.
MongodbResult<TaskCounts> countTasks(MongodbQueue& queue);

// The numbers of tasks that these sessions have leased, by sessionName().
MongodbResult<std::map<std::string, std::uint64_t>> countLeasedBySession(MongodbQueue& queue,
                                                                         const std::vector<std::string>& sessions);

}  // namespace leptir::mongodb
