#include "tests/chaos/backends.h"

namespace leptir::chaos {

std::vector<Backend> chaosBackends() {
  return {
      {"sqlite",
       [](const auto& folder) {
         return "type: sqlite, connection: { path: " + (folder / "leptir.db").string() + " }";
       }},
  };
}

}  // namespace leptir::chaos
