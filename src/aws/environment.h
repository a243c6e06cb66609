// Variables of the environment.
#pragma once

#include <cstdlib>
#include <string>

#include "http/ascii.h"

namespace leptir::aws {

// Empty: it is not set.
inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Whether the variable says `true`, in any case of letters.
inline bool isVariableTrue(const char* name) {
  return http::lowerCase(variable(name)) == "true";
}

}  // namespace leptir::aws
