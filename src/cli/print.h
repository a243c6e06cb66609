// Prints lines for people to stdout and stderr. A line may hold text from outside (a path, an error of a store, an
// argument), so the whole line is escaped: such text can neither control the terminal nor begin another line.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace leptir::cli {

void printEscapedLine(std::string_view line);       // to stdout
void printEscapedErrorLine(std::string_view line);  // to stderr
// To stderr, for an error of several lines: escapes each line, but keeps the line feeds.
void printEscapedErrorLines(std::string_view lines);

template <class... Parts>
void printLine(fmt::format_string<Parts...> form, Parts&&... parts) {
  printEscapedLine(fmt::format(form, std::forward<Parts>(parts)...));
}

template <class... Parts>
void printError(fmt::format_string<Parts...> form, Parts&&... parts) {
  printEscapedErrorLine(fmt::format(form, std::forward<Parts>(parts)...));
}

}  // namespace leptir::cli
