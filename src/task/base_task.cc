#include "leptir/base_task.h"

#include "leptir/internal/parameter_errors.h"
#include "task/input_errors.h"
#include "task/json_members.h"
#include "task/type_name.h"

namespace leptir {

using internal::kBoolean, internal::kFloat, internal::kInteger, internal::kListOrObject, internal::kString;

namespace {

constexpr std::size_t kMaxDigitsShown = 60;

// The parameter, or nullptr if it is missing or null. Throws InputError in that case if the parameter is `needed`.
const Json* findParameter(const Json& data, std::string_view name, std::string_view expected, bool needed) {
  const auto found = data.find(name);
  if (found != data.end() && !found->is_null()) return &*found;
  if (!needed) return nullptr;
  internal::throwMissing(expected, name);
}

// Whether the parameter was pushed as an integer. nlohmann reads an integer beyond 64 bits as a float, so this checks
// the pushed text too.
bool isIntegerOfAnySize(const Json& value, std::string_view pushed) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && !pushed.empty() && pushed.find_first_of(".eE") == std::string_view::npos;
}

}  // namespace

BaseTask::BaseTask() : data_(Json::object()) {}

BaseTask::~BaseTask() = default;

std::string BaseTask::name() const {
  return name_.empty() ? task::typeName(typeid(*this)) : name_;
}

Json BaseTask::getAdditionalMetaInfo() {
  return Json::object();
}

void BaseTask::setData(Json data) {
  // PHP writes a map without entries as an empty list.
  const bool nothing = data.is_null() || (data.is_array() && data.empty());
  if (!nothing && !data.is_object())
    throw InputError(std::string("Parameters are not an object but ").append(internal::kindOf(data)));
  data_ = nothing ? Json::object() : std::move(data);
  dataText_.clear();
  dataIsParsed_ = true;
}

const Json& BaseTask::getData() const {
  if (!dataIsParsed_) {
    auto data = parseJson(dataText_);
    if (!data) task::throwUnreadableParameters(data.error());
    data_ = std::move(*data);
    dataIsParsed_ = true;
  }
  return data_;
}

std::string BaseTask::getDataText() const {
  return dataText_.empty() ? writeJson(data_) : dataText_;
}

// Looks up the parameter in the pushed text, since a float may have been pushed as a large integer.
void BaseTask::throwParameterError(const Json& value, std::string_view name, std::string_view expected) const {
  const auto pushed = task::memberOf(dataText_, name).value_or(std::string_view());
  if (expected == kInteger && isIntegerOfAnySize(value, pushed)) {
    internal::throwIntegerDoesNotFit(name, pushed.substr(0, kMaxDigitsShown));
  }
  internal::throwWrongType(value, expected, name);
}

std::int64_t BaseTask::getInt(std::string_view name, std::optional<std::int64_t> defaultValue) const {
  const auto* value = findParameter(getData(), name, kInteger, !defaultValue);
  if (value == nullptr) return *defaultValue;
  if (!value->is_number_integer()) throwParameterError(*value, name, kInteger);
  if (internal::containsNumberBeyondInt64(*value)) throwParameterError(*value, name, kInteger);
  return value->get<std::int64_t>();
}

double BaseTask::getFloat(std::string_view name, std::optional<double> defaultValue) const {
  const auto* value = findParameter(getData(), name, kFloat, !defaultValue);
  if (value == nullptr) return *defaultValue;
  if (!value->is_number()) throwParameterError(*value, name, kFloat);
  return value->get<double>();
}

bool BaseTask::getBool(std::string_view name, std::optional<bool> defaultValue) const {
  const auto* value = findParameter(getData(), name, kBoolean, !defaultValue);
  if (value == nullptr) return *defaultValue;
  if (!value->is_boolean()) throwParameterError(*value, name, kBoolean);
  return value->get<bool>();
}

std::string BaseTask::getString(std::string_view name, std::optional<std::string> defaultValue) const {
  const auto* value = findParameter(getData(), name, kString, !defaultValue);
  if (value == nullptr) return std::move(*defaultValue);
  if (!value->is_string()) throwParameterError(*value, name, kString);
  return value->get<std::string>();
}

Json BaseTask::getArray(std::string_view name, std::optional<Json> defaultValue) const {
  const auto* value = findParameter(getData(), name, kListOrObject, !defaultValue);
  if (value == nullptr) return std::move(*defaultValue);
  if (!value->is_structured()) throwParameterError(*value, name, kListOrObject);
  return *value;
}

double BaseTask::getExecutionTime() const {
  return std::chrono::duration<double>(context_.executionTime()).count();
}

}  // namespace leptir
