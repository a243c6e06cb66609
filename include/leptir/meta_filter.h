// MetaFilter: which records of a meta storage a caller asks for.
#pragma once

#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/list_order.h"
#include "leptir/outcome.h"

namespace leptir {

// Which records to list. An empty field matches every record.
struct MetaFilter {
  std::string name{};   // the task name: `type` of the record
  std::string cause{};  // `cause` of the record
  std::optional<TaskStatus> status{};
  std::string idPrefix{};             // what the id begins with
  std::optional<Time> savedFrom{};    // the record was saved at this time or later
  std::optional<Time> savedBefore{};  // the record was saved earlier
  ListOrder order = ListOrder::LatestFirst;
};

}  // namespace leptir
