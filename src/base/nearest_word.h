// The word that somebody probably meant: for "did you mean" in messages.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace leptir {

// The candidate with the fewest letters to add, leave out, change or swap with their neighbour; letters' case and `-`
// for `_` count nothing. None when even the nearest differs in more than a third of its letters.
std::optional<std::string_view> nearestWord(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace leptir
