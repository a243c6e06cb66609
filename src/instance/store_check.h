// Whether the stores of a configuration can be used at all.
#pragma once

#include <functional>
#include <string>

#include "leptir/config.h"

namespace leptir {

// Opens each store once, tries what will be done there, and answers an exit status: 0, or 69 when one can never be used as configured. A store that is
// down is said and no mistake: it will be tried again. Loads libraries and may start threads, so call it in a child
// process that ends afterwards.
int checkStores(const Config& config, const std::function<void(const std::string&)>& say);

}  // namespace leptir
