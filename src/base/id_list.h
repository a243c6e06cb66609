// Lists task ids in an error message. A failed bulk push can concern thousands of ids, so the list is cut to a readable
// length.
#pragma once

#include <span>
#include <string>

namespace leptir::base {

// "a, b, c". Of more than ten ids, the first ten and the count of the others: "a, b, …, j and 990 more (1000 in all)".
std::string idList(std::span<const std::string> ids);

}  // namespace leptir::base
