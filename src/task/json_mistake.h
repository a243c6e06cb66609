// Says what is wrong with a text that is no JSON, and where: for messages only. The readers of the hot path just know
// that something is.
#pragma once

#include <string>
#include <string_view>

namespace leptir {

// "byte 17: syntax error …"; empty when nothing is found. Looks at no depth and at no number's size.
std::string findJsonMistake(std::string_view text);

}  // namespace leptir
