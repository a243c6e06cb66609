#include "config/linked_backends.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

// The functions that make the backends: each is defined in the library of its backend, and null in a program without
// that library. A weak reference alone takes nothing out of a static library, so each backend's library tells the
// linker to look for its function (cmake/Modules.cmake).
namespace leptir::memory {
[[gnu::weak]] std::unique_ptr<Backend> makeBackend();
}
namespace leptir::mongodb {
[[gnu::weak]] std::unique_ptr<Backend> makeBackend();
}
namespace leptir::redis {
[[gnu::weak]] std::unique_ptr<Backend> makeBackend();
}
namespace leptir::sqlite {
[[gnu::weak]] std::unique_ptr<Backend> makeBackend();
}
namespace leptir::sqs {
[[gnu::weak]] std::unique_ptr<Backend> makeBackend();
}

namespace leptir::config {
namespace {

struct LeptirBackend {
  std::string_view type;
  std::unique_ptr<Backend> (*make)();  // null: not linked
};

constinit const std::array kLeptirBackends{
    LeptirBackend{"memory", &memory::makeBackend}, LeptirBackend{"mongodb", &mongodb::makeBackend},
    LeptirBackend{"redis", &redis::makeBackend},   LeptirBackend{"sqlite", &sqlite::makeBackend},
    LeptirBackend{"sqs", &sqs::makeBackend},
};

}  // namespace

std::vector<std::unique_ptr<Backend>> makeLinkedBackends() {
  std::vector<std::unique_ptr<Backend>> made;
  for (const auto& backend : kLeptirBackends) {
    if (backend.make != nullptr) made.push_back(backend.make());
  }
  return made;
}

bool isTypeOfLeptir(std::string_view type) {
  return std::ranges::find(kLeptirBackends, type, &LeptirBackend::type) != kLeptirBackends.end();
}

std::string notLinkedMessage(std::string_view type) {
  return fmt::format(
      "this program has no {0} backend: link it with leptir::{0} (CMake) or leptir-{0} (pkg-config), or use a leptir "
      "that was built with it",
      type);
}

}  // namespace leptir::config
