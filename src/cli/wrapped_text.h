// Breaks a text into lines at its blanks.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace leptir::cli {

// Lines of at most `width` columns; a word that is longer has a line of its own, uncut, so that it can be copied.
// `width` 0: one line.
std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace leptir::cli
