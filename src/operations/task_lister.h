// Lists tasks of all queues and records, page after page.
#pragma once

#include <optional>
#include <string_view>

#include "leptir/operations/listed_task.h"
#include "operations/list_cursor.h"
#include "operations/stores.h"

namespace leptir::operations {

class TaskLister {
 public:
  TaskLister(Stores& stores, const TaskSelection& selection, std::size_t limit, std::optional<ListOrder> order = {})
      : stores_(stores), selection_(selection), limit_(limit), order_(order) {}

  // Fills one page, beginning at `cursor`. Invalid: an unknown broker, or a cursor of another list. Another error: no
  // store has answered.
  Result<TaskPage> list(ListCursor cursor);

 private:
  bool isFull() const;
  Result<void> listQueues(ListCursor& cursor);
  Result<void> listRecords(ListCursor& cursor);
  // One page of one store. `cursor` then stands behind it, or at the next store.
  Result<void> listQueue(ListCursor& cursor);
  Result<void> listStorage(ListCursor& cursor);
  void passOver(ListCursor& cursor, const Error& error);

  Stores& stores_;
  const TaskSelection& selection_;
  const std::size_t limit_;
  const std::optional<ListOrder> order_;  // none: the usual one of each list
  TaskPage page_;
  int calls_ = 0;          // of stores
  bool answered_ = false;  // a store has
};

}  // namespace leptir::operations
