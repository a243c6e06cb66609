// Lists names in a message, cut to a readable length.
#pragma once

#include <cstddef>
#include <string>

namespace leptir::base {

// The number of names that a message lists at most.
inline constexpr std::size_t kMaxListed = 10;

// "a, b, c". Of more than ten elements of the range, the first ten and the count of the others: "a, b, …, j and 990
// more". `text` writes one element as text.
template <class Range, class Text>
std::string shortList(const Range& range, Text text) {
  std::string list;
  std::size_t listed = 0;
  for (auto element = range.begin(); element != range.end() && listed < kMaxListed; ++element, ++listed) {
    if (listed > 0) list += ", ";
    list += text(*element);
  }
  if (range.size() > kMaxListed) list += " and " + std::to_string(range.size() - kMaxListed) + " more";
  return list;
}

}  // namespace leptir::base
