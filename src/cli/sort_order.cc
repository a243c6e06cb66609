#include "cli/sort_order.h"

#include <fmt/format.h>

#include "base/escape.h"

namespace leptir::cli {
namespace {

// What the list is ordered by.
std::string_view keyOf(SortedList list) {
  switch (list) {
    case SortedList::Queue:
      return "due";
    case SortedList::Buried:
      return "buried";
    default:
      return "saved";
  }
}

}  // namespace

Result<std::optional<ListOrder>> sortOrderOf(const std::string& word, SortedList list) {
  const auto key = keyOf(list);
  if (word.empty()) return std::optional<ListOrder>();
  if (word == key) return std::optional(ListOrder::EarliestFirst);
  if (word == "-" + std::string(key)) return std::optional(ListOrder::LatestFirst);
  return Error(ErrorCode::Invalid,
               fmt::format("this list cannot be sorted by {}: --sort={} has the earliest first, --sort=-{} the latest",
                           base::inQuotes(word), key, key));
}

}  // namespace leptir::cli
