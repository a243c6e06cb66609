// How a command shows an error on stderr.
#pragma once

#include <string>
#include <string_view>

#include "base/escape.h"

namespace leptir::base {

// "leptir: <message>" and a line end, with control characters escaped; a message of several lines keeps its line ends.
inline std::string commandErrorText(std::string_view message) {
  return "leptir: " + escapedLines(message) + "\n";
}

}  // namespace leptir::base
