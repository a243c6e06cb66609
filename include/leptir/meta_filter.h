// MetaFilter: which records of a meta storage a caller asks for.
#pragma once

#include <optional>
#include <string>

#include "leptir/outcome.h"

namespace leptir {

// Which records to list. An empty field matches every record.
struct MetaFilter {
  std::string name{};  // the task name: `type` of the record
  std::string cause{};
  std::optional<TaskStatus> status{};
};

}  // namespace leptir
