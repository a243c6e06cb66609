// Finds the word that the user probably meant, for "did you mean" in messages.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace leptir::base {

// The candidate that is fewest edits away from `word`; an edit adds, removes or changes a letter or swaps two
// neighbours. Letter case is ignored, and `-` equals `_`. Empty when even the nearest candidate differs in more than a
// third of its letters.
std::optional<std::string_view> nearestWord(std::string_view word, std::span<const std::string_view> candidates);

// "did you mean 'push'?"; empty without a nearest word.
std::string didYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace leptir::base
