// What is wrong with the input of `push`.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/escape.h"
#include "leptir/result.h"

namespace leptir::cli {

inline Error invalidInput(std::string message) {
  return Error(ErrorCode::Invalid, std::move(message));
}

// An object has this key twice, so one of its two values would be lost.
inline Error repeatedKeyError(std::string_view key) {
  return invalidInput("the key " + base::inQuotes(key) + " stands twice");
}

}  // namespace leptir::cli
