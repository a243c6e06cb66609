// Ids in a message: a bulk push that fails concerns thousands, and a message is read by a person.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace leptir {

inline constexpr std::size_t kMostIdsInAMessage = 10;

// "a, b, c"; of more than ten the first ten and a count: "a, b, …, j and 990 more (1000 in all)".
std::string idList(std::span<const std::string> ids);

}  // namespace leptir
