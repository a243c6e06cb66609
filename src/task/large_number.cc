// Detects integers that do not fit into 64 bits (see base_task.h), since nlohmann rounds them to a float or casts them
// to another integer.
#include <algorithm>
#include <cmath>
#include <limits>

#include "leptir/base_task.h"

namespace leptir::internal {
namespace {

bool isBeyondAnyInteger(const Json& value) {
  return value.is_number_float() && (value.get<double>() >= 0x1p64 || value.get<double>() < -0x1p63);
}

bool isChangedInteger(const Json& given, const Json& became) {
  if (!became.is_number_integer() || given.is_structured() || !containsNumberBeyondInt64(given)) return false;
  return isBeyondAnyInteger(given) || !became.is_number_unsigned() || given != became;
}

}  // namespace

bool containsNumberBeyondInt64(const Json& json) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (json.is_structured()) return std::ranges::any_of(json, containsNumberBeyondInt64);
  if (json.is_number_float()) return std::abs(json.get<double>()) >= 0x1p63;
  return json.is_number_unsigned() && json.get<std::uint64_t>() > kLargest;
}

void throwIfNumbersChanged(const Json& given, const Json& became, const std::string& name) {
  if (given.is_object() && became.is_object()) {
    for (const auto& [key, value] : given.items()) {
      const auto found = became.find(key);
      if (found != became.end()) throwIfNumbersChanged(value, *found, name.empty() ? key : name + "." + key);
    }
  } else if (given.is_array() && became.is_array()) {
    for (std::size_t i = 0; i < std::min(given.size(), became.size()); ++i) {
      throwIfNumbersChanged(given[i], became[i], name + "[" + std::to_string(i) + "]");
    }
  } else if (isChangedInteger(given, became)) {
    throw InputError("Input value is larger than 64 bits hold. Parameter: " + name);
  }
}

}  // namespace leptir::internal
