// What base_task.h does about integers beyond 64 bits, which nlohmann rounds to a float or casts to another integer.
#include <algorithm>
#include <cmath>
#include <limits>

#include "leptir/base_task.h"

namespace leptir::internal {
namespace {

bool isBeyondAnyInteger(const Json& value) {
  return value.is_number_float() && (value.get<double>() >= 0x1p64 || value.get<double>() < -0x1p63);
}

bool becameAnother(const Json& given, const Json& became) {
  if (!became.is_number_integer() || given.is_structured() || !holdsLargeNumber(given)) return false;
  return isBeyondAnyInteger(given) || !became.is_number_unsigned() || given != became;
}

}  // namespace

bool holdsLargeNumber(const Json& json) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (json.is_structured()) return std::ranges::any_of(json, holdsLargeNumber);
  if (json.is_number_float()) return std::abs(json.get<double>()) >= 0x1p63;
  return json.is_number_unsigned() && json.get<std::uint64_t>() > kLargest;
}

void refuseChangedNumbers(const Json& given, const Json& became, const std::string& name) {
  if (given.is_object() && became.is_object()) {
    for (const auto& [key, value] : given.items()) {
      const auto found = became.find(key);
      if (found != became.end()) refuseChangedNumbers(value, *found, name.empty() ? key : name + "." + key);
    }
  } else if (given.is_array() && became.is_array()) {
    for (std::size_t i = 0; i < std::min(given.size(), became.size()); ++i) {
      refuseChangedNumbers(given[i], became[i], name + "[" + std::to_string(i) + "]");
    }
  } else if (becameAnother(given, became)) {
    throw InputError("Input value is larger than 64 bits hold. Parameter: " + name);
  }
}

}  // namespace leptir::internal
