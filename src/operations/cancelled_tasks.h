// What a cancel leaves behind: the records of tasks that waited, and requests to the instances that run the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "leptir/spi/task_list.h"
#include "operations/slice_changer.h"
#include "operations/stores.h"

namespace leptir::operations {

// Asks the instances that hold these leased tasks to end them. A task that waits by now is removed, with a record.
Result<void> requestCancels(Stores& stores, std::size_t broker, const std::vector<FoundTask>& tasks, SliceResult& done);

// Of these tasks, which waited, `removed` have just been removed. Saves the records of those; asks the instances that
// have leased others meanwhile to end them.
Result<void> finishCancels(Stores& stores, std::size_t broker, const std::vector<FoundTask>& tasks, std::size_t removed,
                           SliceResult& done);

// Asks each meta storage for the record of this task, so that no task is taken out of a queue while its record could
// not be saved. Unavailable: a storage does not answer.
Result<void> checkRecordsCanBeSaved(Stores& stores, const std::string& id);

// Saves the records that cancels at this queue which were cut off have not saved (cancel_notes.h). Returns how many.
Result<std::uint64_t> finishEarlierCancels(Stores& stores, std::size_t broker);

}  // namespace leptir::operations
