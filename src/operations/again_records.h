// The records of a selection whose tasks are pushed again, slice after slice: for the action and for its preview.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "leptir/operations/task_action.h"
#include "operations/pushed_again.h"
#include "operations/stores.h"

namespace leptir::operations {

// A task to push again.
struct AgainTask {
  ListedTask task{};
  std::string newId{};
};

struct AgainSlice {
  std::vector<AgainTask> tasks{};  // some have no envelope
  std::string cursor{};            // where the next slice begins; empty: there is no more
  std::uint64_t examined = 0;
};

// The selection with its state: failed, or cancelled where it asks for that cause.
TaskSelection selectionOfAgain(TaskSelection selection);

class AgainRecords {
 public:
  // `selection` is one of selectionOfAgain.
  AgainRecords(Stores& stores, const TaskSelection& selection)
      : stores_(stores), selection_(selection), pushedAgain_(stores) {}

  // From the first storage that can list its records: the cursor is only ever one of that storage. Tasks that are
  // cancelled, buried or pushed again already are counted in `leftOut` instead. Unsupported: no storage can list.
  Result<AgainSlice> read(const std::string& cursor, std::size_t limit, AgainLeftOut& leftOut);

 private:
  Result<RecordList> list(const std::string& cursor, std::size_t limit);
  Result<void> leaveOutPushedAgain(std::vector<AgainTask>& tasks, AgainLeftOut& leftOut);

  Stores& stores_;
  const TaskSelection& selection_;
  PushedAgain pushedAgain_;
};

}  // namespace leptir::operations
