// The task names that the instances at a queue know.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "operations/stores.h"

namespace leptir::operations {

// Without the backslash before names of PHP classes (broker::withoutBackslash).
using TaskNames = std::set<std::string, std::less<>>;

// None: it is not known of all instances which names they know.
std::optional<TaskNames> taskNamesKnownAt(Stores& stores, std::size_t broker);

}  // namespace leptir::operations
