// Before a cancel takes tasks out of a queue, it notes them in the fleet store of the queue, with all that their
// records need, and erases the note once the records are saved. So a note that stands longer is of a cancel that was
// cut off: the next cancel at that queue saves the records that are missing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "leptir/spi/task_list.h"
#include "operations/stores.h"

namespace leptir::operations {

inline constexpr Duration kCancelNoteLifetime = std::chrono::hours(24 * 7);
// A cancel of another machine that has not erased its note after this time counts as cut off.
inline constexpr Duration kMaxSliceCancelTime = std::chrono::minutes(1);

struct CancelNote {
  std::string process{};  // as textOfThisProcess
  std::string by{};
  Time at{};
  std::vector<FoundTask> tasks{};  // without state and reason
};

// Returns the name of the note. Empty: the store keeps no notes.
Result<std::string> writeCancelNote(Stores& stores, std::size_t broker, const std::vector<FoundTask>& tasks);
Result<void> eraseCancelNote(Stores& stores, std::size_t broker, const std::string& name);

// The names of all notes, the oldest first; none of a store that keeps none, or does not exist yet.
Result<std::vector<std::string>> cancelNotesAt(Stores& stores, std::size_t broker);
// Nullopt: the note is not complete, so its tasks were not touched, or it is gone.
Result<std::optional<CancelNote>> readCancelNote(Stores& stores, std::size_t broker, const std::string& name);
// Whether so much time has passed since a note of this name was begun that no process can be at it.
bool isStaleCancelNote(const std::string& name, Time now);

}  // namespace leptir::operations
