// Prints what went wrong on stderr, as "leptir: <text>" with control characters escaped, and says which exit status a
// command ends with after an error.
#pragma once

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "leptir/result.h"

namespace leptir::cli {

// Prints one line, whatever the parts contain.
void printNoticeLine(std::string_view text);
template <class... Parts>
void printNotice(fmt::format_string<Parts...> form, Parts&&... parts) {
  printNoticeLine(fmt::format(form, std::forward<Parts>(parts)...));
}

// Prints the message, which may have several lines, and returns the exit status for the error's code.
int fail(const Error& error);
// Like fail(), for a store that could not be opened: returns 69 whatever the error's code.
int failStore(const Error& error);

}  // namespace leptir::cli
