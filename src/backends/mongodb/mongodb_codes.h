// What the error codes of MongoDB servers mean to leptir.
#pragma once

#include <cstdint>
#include <string_view>

#include "backends/mongodb/mongodb_error.h"

namespace leptir::mongodb {

struct CodeMeaning {
  Remedy onRead = Remedy::Retry;
  Remedy onWrite = Remedy::Check;
  std::string_view meaning{};  // what happened and what to do; empty: unknown, the server's own words are shown
};

// `words`: the server's text, by which codes with several meanings differ.
CodeMeaning meaningOf(std::int32_t code, std::string_view words);

}  // namespace leptir::mongodb
