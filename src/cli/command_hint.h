// What a mistyped command or option was probably meant to be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leptir {

// "there is no command 'psh': did you mean 'push'?"; without a question when nothing is near. `kind` is "command" or
// "option". A word that is the beginning of one candidate only (`--delay`) means that one.
std::string unknownWord(std::string_view kind, std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace leptir
