// Names of C++ functions as their programmer would write them.
#pragma once

#include <string>

namespace leptir {

// Puts `leptir::Json` and `std::string` for the templates behind them, which are hundreds of characters long.
std::string readableName(std::string demangled);

}  // namespace leptir
