// The ways in which a task starts processes that it does not wait for.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace leptir::chaos {

// Starts them, and comes back when they all run. Each of them calls `announce` first, and never ends by itself.
void startFamily(const std::string& way, const std::function<void()>& announce);

// plain, double, setsid, setsid_double, nohup, closed, many.
std::vector<std::string> waysOfFamilies();

}  // namespace leptir::chaos
