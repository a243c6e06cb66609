// For tests: the ways in which a task can die, by name.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace leptir {

std::map<std::string, std::function<void()>> waysToDie();

}  // namespace leptir
