// Describes a task of a queue for tests.
#pragma once

#include <string_view>

#include "leptir/testing/test_instance.h"

namespace leptir::testing {

StoredTask storedTask(std::string_view broker, FoundTask found);

}  // namespace leptir::testing
