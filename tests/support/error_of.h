// For tests: what an action throws.
#pragma once

#include <stdexcept>
#include <string>

namespace leptir {

// The message of the std::runtime_error, or "no error".
template <class Action>
std::string errorOf(Action action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace leptir
