// Task ids are UUIDs of version 7: they sort by creation time and need no central generator. Also makes the names of
// instances.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir::base {

// 36 characters. Ids are unique across hosts, processes and forks (each process draws random bits from the kernel, and
// draws new ones after a fork) and rise strictly within one process. Any thread.
std::string makeTaskId(const Clock& clock = systemClock());

// When makeTaskId made the id, to the millisecond. Empty: the id has another form, so it does not contain a time.
std::optional<Time> timeOfTaskId(std::string_view id);

// A new name for an instance: 32 random lower-case hex digits from the kernel.
std::string makeInstanceName();
// Whether `name` has the form of an instance name; such a name is also safe as a file name.
bool isInstanceName(std::string_view name);

}  // namespace leptir::base
