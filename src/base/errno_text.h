// What the system says of an errno, in the lower case that our messages begin with.
#pragma once

#include <cctype>
#include <string>
#include <system_error>

namespace leptir {

inline std::string errnoText(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace leptir
