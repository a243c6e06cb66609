// Which tasks have been pushed again already. No record is marked: the id of the new task is made from the record that
// it is pushed from, so that task itself, in a queue or by its record, tells.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "leptir/json.h"
#include "operations/stores.h"

namespace leptir::operations {

// The id under which a task is pushed again from this record of its last run: "again-" and 24 hex digits, the same ones
// for the same run. A run that the task makes later has another one.
std::string againIdOf(const Json& record);

class PushedAgain {
 public:
  explicit PushedAgain(Stores& stores) : stores_(stores) {}

  // For each id that againIdOf has made: whether a task with it is in a queue, or has a record. A queue that cannot be
  // listed counts as empty: a push of an id that waits there adds nothing. The queues are read at the first call only.
  Result<std::vector<bool>> arePushed(std::span<const std::string> againIds);

 private:
  void readQueues();
  void readQueue(std::size_t broker);

  Stores& stores_;
  std::optional<std::set<std::string>> inQueues_;
};

}  // namespace leptir::operations
