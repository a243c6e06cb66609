#include "leptir/base_task.h"

#include "task/type_name.h"

#include <limits>
#include <utility>

namespace leptir {
namespace {

std::string_view kindOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return "an integer";
    case Json::value_t::number_float:
      return "a float";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::array:
      return "a list";
    case Json::value_t::object:
      return "an object";
    default:
      return "no JSON";
  }
}

std::string text(std::initializer_list<std::string_view> pieces) {
  std::string all;
  for (const auto piece : pieces) all.append(piece);
  return all;
}

// The parameter, or nothing when it is missing or null. InputError when it is also needed.
const Json* find(const Json& data, std::string_view name, std::string_view asked, bool needed) {
  const auto found = data.find(name);
  if (found != data.end() && !found->is_null()) return &*found;
  if (!needed) return nullptr;
  throw InputError(text({"Value is not defined, ", asked, " is needed. Parameter: ", name}));
}

[[noreturn]] void refuse(const Json& value, std::string_view name, std::string_view asked) {
  throw InputError(text({"Input value is not ", asked, " but ", kindOf(value), ". Parameter: ", name}));
}

bool fitsInt64(const Json& value) {
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return !value.is_number_unsigned() || value.get<std::uint64_t>() <= kLargest;
}

}  // namespace

BaseTask::BaseTask() : context_(std::make_unique<TaskContext>()) {}

BaseTask::~BaseTask() = default;

std::string BaseTask::name() const {
  return name_.empty() ? typeName(typeid(*this)) : name_;
}

void BaseTask::setData(Json data) {
  // PHP writes a map without entries as an empty list.
  const bool nothing = data.is_null() || (data.is_array() && data.empty());
  if (!nothing && !data.is_object()) throw InputError(text({"Parameters are not an object but ", kindOf(data)}));
  data_ = nothing ? Json::object() : std::move(data);
  dataText_.clear();
}

const Json& BaseTask::getData() const {
  if (!dataText_.empty()) {
    auto data = parseJson(std::exchange(dataText_, {}));
    if (!data) throw InputError("Parameters cannot be read: " + data.error().message());
    data_ = std::move(*data);
  }
  return data_;
}

std::int64_t BaseTask::getInt(std::string_view name, std::optional<std::int64_t> defaultValue) const {
  static constexpr std::string_view kAsked = "an integer";
  const auto* value = find(getData(), name, kAsked, !defaultValue);
  if (value == nullptr) return *defaultValue;
  if (!value->is_number_integer()) refuse(*value, name, kAsked);
  if (!fitsInt64(*value)) throw InputError(text({"Input value is larger than 64 bits hold. Parameter: ", name}));
  return value->get<std::int64_t>();
}

double BaseTask::getFloat(std::string_view name, std::optional<double> defaultValue) const {
  static constexpr std::string_view kAsked = "a float";
  const auto* value = find(getData(), name, kAsked, !defaultValue);
  if (value == nullptr) return *defaultValue;
  if (!value->is_number()) refuse(*value, name, kAsked);
  return value->get<double>();
}

bool BaseTask::getBool(std::string_view name, std::optional<bool> defaultValue) const {
  static constexpr std::string_view kAsked = "a boolean";
  const auto* value = find(getData(), name, kAsked, !defaultValue);
  if (value == nullptr) return *defaultValue;
  if (!value->is_boolean()) refuse(*value, name, kAsked);
  return value->get<bool>();
}

std::string BaseTask::getString(std::string_view name, std::optional<std::string> defaultValue) const {
  static constexpr std::string_view kAsked = "a string";
  const auto* value = find(getData(), name, kAsked, !defaultValue);
  if (value == nullptr) return std::move(*defaultValue);
  if (!value->is_string()) refuse(*value, name, kAsked);
  return value->get<std::string>();
}

Json BaseTask::getArray(std::string_view name, std::optional<Json> defaultValue) const {
  static constexpr std::string_view kAsked = "a list or an object";
  const auto* value = find(getData(), name, kAsked, !defaultValue);
  if (value == nullptr) return std::move(*defaultValue);
  if (!value->is_structured()) refuse(*value, name, kAsked);
  return *value;
}

double BaseTask::getExecutionTime() const {
  return std::chrono::duration<double>(context_->executionTime()).count();
}

}  // namespace leptir
