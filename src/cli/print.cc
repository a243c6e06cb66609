#include "cli/print.h"

#include <iostream>

#include "base/escape.h"

namespace leptir {

void printEscapedLine(std::string_view line) {
  std::cout << escaped(line) + '\n';
}

void printEscapedErrorLine(std::string_view line) {
  std::cerr << escaped(line) + '\n';
}

void printEscapedErrorLines(std::string_view lines) {
  std::cerr << escapedLines(lines) + '\n';
}

}  // namespace leptir
