// For tests: where the sources of leptir lie, and what was built of them.
#pragma once

#include <filesystem>

namespace leptir {

std::filesystem::path sourceFolder();
// The folder of all programs, and of the libraries that tests load.
std::filesystem::path buildFolder();

}  // namespace leptir
