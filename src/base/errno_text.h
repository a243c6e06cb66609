// What the system says of an errno, in the lower case that our messages begin with.
#pragma once

#include <string>
#include <system_error>

namespace leptir {

inline std::string errnoText(int error) {
  std::string text = std::generic_category().message(error);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace leptir
