// What the help page says.
#pragma once

#include <string>
#include <vector>

namespace leptir::top {

std::vector<std::string> helpLines();

}  // namespace leptir::top
