// Lines that commands print for people. A line may hold text from outside (a path, an error of a store, a word of the
// command line), so each one is escaped whole: nothing in it steers a terminal or begins a line of its own.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace leptir {

void printEscapedLine(std::string_view line);       // to stdout
void printEscapedErrorLine(std::string_view line);  // to stderr
// To stderr, for an error of several lines: its line feeds stay.
void printEscapedErrorLines(std::string_view lines);

template <class... Parts>
void printLine(fmt::format_string<Parts...> form, Parts&&... parts) {
  printEscapedLine(fmt::format(form, std::forward<Parts>(parts)...));
}

template <class... Parts>
void printError(fmt::format_string<Parts...> form, Parts&&... parts) {
  printEscapedErrorLine(fmt::format(form, std::forward<Parts>(parts)...));
}

}  // namespace leptir
