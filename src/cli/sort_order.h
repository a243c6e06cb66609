// The value of --sort.
#pragma once

#include <optional>
#include <string>

#include "leptir/list_order.h"
#include "leptir/operations/listed_task.h"
#include "leptir/result.h"

namespace leptir::cli {

// What a list has: tasks in queues, only buried ones, or records of tasks.
enum class SortedList { Queue, Buried, Records };

// None: the option was not given. Invalid: the list cannot be sorted so; the message says which words can be given.
Result<std::optional<ListOrder>> sortOrderOf(const std::string& word, SortedList list);

}  // namespace leptir::cli
