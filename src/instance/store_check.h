// Whether the stores of a configuration can be used at all.
#pragma once

#include <functional>
#include <string>

#include "leptir/config.h"

namespace leptir::instance {

// Opens each store once, tries the operations that the instance will need, and answers an exit status: 0, or 69 if a
// store can never be used as configured. `report` gets a sentence for each store that failed. A store that is only down
// is no error, since it will be tried again. Loads libraries and may start threads, so call it in a child process that
// ends afterwards.
int checkStores(const Config& config, const std::function<void(const std::string&)>& report);

}  // namespace leptir::instance
