#include "tests/support/folders.h"

namespace leptir {

std::filesystem::path sourceFolder() {
  return LEPTIR_SOURCE_FOLDER;
}

std::filesystem::path buildFolder() {
  return LEPTIR_BUILD_FOLDER;
}

}  // namespace leptir
