// The ways in which a task of the fault tests starts processes that it does not wait for.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace leptir::chaos {

// Starts the processes of one kind and returns when all of them run. Each calls `announce` first, and never ends by
// itself.
void startFamily(const std::string& way, const std::function<void()>& announce);

// Names of the kinds: plain, double, setsid, setsid_double, nohup, closed, many.
std::vector<std::string> waysOfFamilies();

}  // namespace leptir::chaos
