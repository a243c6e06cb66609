// Escapes untrusted text before it is shown in the log, in messages or on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leptir::base {

// Escapes characters that begin a new line, control a terminal or change the direction of text (`\n`, `\x1b`,
// `\u202e`), and bytes that are not valid UTF-8. All other text stays as it is, including backslashes.
void appendEscaped(std::string& to, std::string_view text);
std::string escaped(std::string_view text);
// The same for text of several lines: line feeds stay as they are.
std::string escapedLines(std::string_view text);

// For JSON text that is shown on a terminal: DEL, C1 controls and characters that change the direction of text become
// `\uXXXX`, which means the same in JSON. (A JSON writer has already escaped the other control characters.)
std::string escapedInJson(std::string_view json);

// Appends `text` as a JSON string in quotes that is valid UTF-8: bytes that are not become U+FFFD. The characters that
// escapedInJson escapes, and control characters, are escaped.
void appendJsonString(std::string& to, std::string_view text);

// The escaped text in single quotes, for messages that quote a key or a word. Text longer than `maxBytes` is cut there
// and ends with `…`.
std::string inQuotes(std::string_view text, std::size_t maxBytes = 60);

}  // namespace leptir::base
