// Ids of tasks: UUIDs of version 7, so they sort by the time they were made and need no one to hand them out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"

namespace leptir {

// 36 characters. Unique across hosts, processes and forks (128 bits from the kernel per process, remade after a fork),
// strictly rising within one process. Any thread.
std::string makeTaskId(const Clock& clock = systemClock());

// When it was made, to the millisecond. None: somebody else's id, which says nothing of that kind.
std::optional<Time> timeOfTaskId(std::string_view id);

// 32 random lower-case hex digits from the kernel: the name of an instance.
std::string makeInstanceName();
// Whether it is such a name: also what makes it fit for a file.
bool isInstanceName(std::string_view name);

}  // namespace leptir
