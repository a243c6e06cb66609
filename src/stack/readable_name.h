// Names of C++ functions as a programmer would write them.
#pragma once

#include <string>

namespace leptir::stack {

// Replaces the expanded templates of `leptir::Json` and `std::string`, hundreds of characters long, by these names.
std::string readableName(std::string demangled);

}  // namespace leptir::stack
