// Finds the syntax error in a text that is no JSON, for error messages. The fast parsers report only that there is one.
#pragma once

#include <string>
#include <string_view>

namespace leptir::task {

// Returns "byte 17: syntax error …", or an empty text if it finds no error. It checks neither the nesting depth nor the
// size of numbers.
std::string findJsonSyntaxError(std::string_view text);

}  // namespace leptir::task
