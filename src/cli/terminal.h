// Properties of what a command's output goes to: whether it is a terminal, how large it is, whether it has colours.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leptir::cli {

struct Terminal {
  bool isTerminal = false;
  std::size_t width = 0;     // columns; 0: no limit, as for a file or a pipe
  std::size_t height = 0;    // lines; 0: no limit
  bool movesCursor = false;  // not where TERM is dumb, empty or missing
  bool hasColours = false;   // never with NO_COLOR, or where the cursor does not move
};

// Of a descriptor: STDOUT_FILENO, STDERR_FILENO.
Terminal terminalOf(int descriptor);

enum class Colour { None, Faint, Red, Green, Yellow, Bold };
// `text` between the escape sequences of the colour.
std::string coloured(std::string_view text, Colour colour);

}  // namespace leptir::cli
