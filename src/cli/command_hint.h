// The error text for a mistyped command or option, with the word that was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leptir::cli {

// Returns "there is no command 'psh': did you mean 'push'?", or without the question if no candidate is similar. `kind`
// is "command" or "option". A word that is the beginning of exactly one candidate (`--delay`) counts as that candidate.
std::string describeUnknownWord(std::string_view kind, std::string_view word,
                                const std::vector<std::string_view>& candidates);

}  // namespace leptir::cli
