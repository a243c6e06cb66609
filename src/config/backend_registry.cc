#include "leptir/backend_registry.h"

#include <algorithm>

#include "base/escape.h"
#include "config/linked_backends.h"
#include "leptir/spi/backend.h"

namespace leptir {

void BackendRegistry::addFactory(BackendFactory factory) {
  const auto backend = factory ? factory() : nullptr;
  if (!backend) return mistakes_.push_back("the factory of a backend makes no backend");
  std::string type(backend->type());
  if (type.empty()) return mistakes_.push_back("a backend has no type, by which a configuration could name it");
  const auto named = "the backend type " + base::inQuotes(type);
  if (config::isTypeOfLeptir(type))
    return mistakes_.push_back(named + " is one of leptir's own: give the program's backend another type");
  if (std::ranges::count(types_, type) > 0) return mistakes_.push_back(named + " is registered twice");
  types_.push_back(std::move(type));
  factories_.push_back(std::move(factory));
}

}  // namespace leptir
