#include "tests/chaos/backends.h"

namespace leptir::chaos {

std::vector<Backend> chaosBackends() {
  return {
      {"sqlite",
       [](const auto& folder) {
         const auto file = [&](const char* name) {
           return "type: sqlite, connection: { path: " + (folder / name).string() + " }";
         };
         return Store{file("leptir.db"), file("other/leptir.db"), nullptr};
       }},
  };
}

}  // namespace leptir::chaos
