// Text of strangers made fit to be shown: in the log, in messages, on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace leptir {

// Whatever could begin a new line, steer a terminal or turn the direction of text is escaped (`\n`, `\x1b`, `\u202e`),
// and so are bytes that are no UTF-8. All other text stays as it is, backslashes too.
void appendEscaped(std::string& to, std::string_view text);
std::string escaped(std::string_view text);
// The same for a text of several lines: line feeds stay.
std::string escapedLines(std::string_view text);

// JSON text that is shown on a terminal: DEL, C1 controls and characters that turn the direction of text become
// `\uXXXX`, which means the same in JSON. (A JSON writer escapes the other controls itself.)
std::string escapedInJson(std::string_view json);

// Escaped, in single quotes, cut after `maxBytes` with `…`: for messages that name a key or a word.
std::string inQuotes(std::string_view text, std::size_t maxBytes = 60);

}  // namespace leptir
