// In which order tasks and records are listed.
#pragma once

namespace leptir {

enum class ListOrder {
  EarliestFirst,  // waiting tasks by their due times, buried ones by their burials, records by their times of saving
  LatestFirst,    // the same, from the latest to the earliest
};

}  // namespace leptir
