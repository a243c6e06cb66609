#include "leptir/parameters.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "leptir/task_error.h"
#include "task/push_hint.h"
#include "task/unfit_parameter.h"

namespace leptir::internal {
namespace {

bool isBeyondAnyInteger(const Json& value) {
  return value.is_number_float() && (value.get<double>() >= 0x1p64 || value.get<double>() < -0x1p63);
}

bool isChangedInteger(const Json& given, const Json& became) {
  if (!became.is_number_integer() || given.is_structured() || !containsNumberBeyondInt64(given)) return false;
  return isBeyondAnyInteger(given) || !became.is_number_unsigned() || given != became;
}

// `name` is the path of both values.
void checkIntegersUnchanged(const Json& given, const Json& became, const std::string& name) {
  if (given.is_object() && became.is_object()) {
    for (const auto& [key, value] : given.items()) {
      const auto found = became.find(key);
      if (found != became.end()) checkIntegersUnchanged(value, *found, name.empty() ? key : name + "." + key);
    }
  } else if (given.is_array() && became.is_array()) {
    for (std::size_t i = 0; i < std::min(given.size(), became.size()); ++i) {
      checkIntegersUnchanged(given[i], became[i], name + "[" + std::to_string(i) + "]");
    }
  } else if (isChangedInteger(given, became)) {
    throwIntegerDoesNotFit(name);
  }
}

// A hint for a value that was pushed as text and would fit as JSON, such as a number; otherwise empty.
std::string hintFor(const std::string& name, const Json& value, const std::string& error) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return {};
  const auto json = task::parseNonStringJson(*text);
  const bool wouldFit = error.find(std::string("must be ") + json.type_name()) != std::string::npos;
  return wouldFit ? task::pushHint(name, *text) : std::string();
}

}  // namespace

// nlohmann rounds an integer beyond 64 bits to a float.
bool containsNumberBeyondInt64(const Json& json) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (json.is_structured()) return std::ranges::any_of(json, containsNumberBeyondInt64);
  if (json.is_number_float()) return std::abs(json.get<double>()) >= 0x1p63;
  return json.is_number_unsigned() && json.get<std::uint64_t>() > kLargest;
}

void throwIfNumbersChanged(const Json& given, const Json& became) {
  checkIntegersUnchanged(given, became, {});
}

void throwInputError(const Json& data, const nlohmann::json::exception& error, ReadParametersFunction read) {
  const std::string all = error.what();
  // "[json.exception.type_error.302] type must be …"
  const auto number = all.find("] ");
  auto message = "Parameters do not fit: " + (number == std::string::npos ? all : all.substr(number + 2));
  const bool namesOne = all.find("key '") != std::string::npos;
  if (const auto name = namesOne ? std::string() : task::findUnfitParameter(data, all, read); !name.empty())
    message += ". Parameter: " + name + hintFor(name, data[name], all);
  throw InputError(message);
}

}  // namespace leptir::internal
