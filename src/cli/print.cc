#include "cli/print.h"

#include <iostream>

#include "base/escape.h"

namespace leptir::cli {

void printEscapedLine(std::string_view line) {
  std::cout << base::escaped(line) + '\n';
}

void printEscapedErrorLine(std::string_view line) {
  std::cerr << base::escaped(line) + '\n';
}

void printEscapedErrorLines(std::string_view lines) {
  std::cerr << base::escapedLines(lines) + '\n';
}

}  // namespace leptir::cli
