#include "leptir/internal/parameter_errors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest_word.h"
#include "leptir/task_error.h"
#include "task/push_hint.h"

namespace leptir::internal {
namespace {

constexpr std::size_t kMaxShownWordBytes = 60;

// " Parameter: images[2].width"; nothing about the object of all parameters.
std::string messageEnd(std::string_view parameter) {
  return parameter.empty() ? std::string() : fmt::format(". Parameter: {}", parameter);
}

// Whether `value`, pushed as key:=VALUE on the command line, would have had the requested type.
bool wouldHaveType(std::string_view expected, const std::string& value) {
  const auto json = task::parseNonStringJson(value);
  if (expected == kInteger) return json.is_number_integer();
  if (expected == kFloat) return json.is_number();
  if (expected == kBoolean) return json.is_boolean();
  if (expected == kList) return json.is_array();
  if (expected == kObject) return json.is_object();
  return expected == kListOrObject && json.is_structured();
}

// Only a parameter itself is pushed as key=VALUE, not what lies inside of it.
bool isNested(std::string_view parameter) {
  return parameter.find_first_of(".[") != std::string_view::npos;
}

std::string hintFor(const Json& value, std::string_view expected, std::string_view parameter) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || parameter.empty() || isNested(parameter) || !wouldHaveType(expected, *text)) return {};
  return task::pushHint(parameter, *text);
}

// "type must be …" of "[json.exception.type_error.302] type must be …".
std::string_view withoutErrorNumber(std::string_view message) {
  const auto end = message.find("] ");
  return end == std::string_view::npos ? message : message.substr(end + 2);
}

}  // namespace

std::string ParameterPath::text() const {
  if (outer == nullptr) return {};
  auto path = outer->text();
  if (name.empty()) return path + "[" + std::to_string(position) + "]";
  return path.empty() ? std::string(name) : path.append(1, '.').append(name);
}

std::string_view kindOf(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return "null";
    case Json::value_t::boolean:
      return kBoolean;
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return kInteger;
    case Json::value_t::number_float:
      return kFloat;
    case Json::value_t::string:
      return kString;
    case Json::value_t::array:
      return kList;
    case Json::value_t::object:
      return kObject;
    default:
      return "no JSON";
  }
}

void throwMissing(std::string_view expected, std::string_view parameter) {
  throw InputError(fmt::format("Value is not defined, {} is needed{}", expected, messageEnd(parameter)));
}

void throwWrongType(const Json& value, std::string_view expected, std::string_view parameter) {
  throw InputError(fmt::format("Input value is not {} but {}{}{}", expected, kindOf(value), messageEnd(parameter),
                               hintFor(value, expected, parameter)));
}

void throwIntegerDoesNotFit(std::string_view parameter, std::string_view digits) {
  throw InputError(fmt::format("Input value does not fit into the requested integer type{}{}{}",
                               digits.empty() ? "" : ": ", digits, messageEnd(parameter)));
}

void throwUnknownWord(std::string_view given, const std::vector<std::string_view>& words, std::string_view parameter) {
  throw InputError(fmt::format("Input value is not one of {} but '{}'{}", fmt::join(words, ", "),
                               given.substr(0, kMaxShownWordBytes), messageEnd(parameter)));
}

void throwUnknownParameter(const std::vector<std::string_view>& known, std::string_view parameter) {
  const auto name = parameter.substr(parameter.rfind('.') + 1);
  const auto question = base::didYouMean(name, known);
  const auto advice = question.empty() ? fmt::format("known are {}.", fmt::join(known, ", ")) : question;
  throw InputError(fmt::format("The task has no such parameter; {} Parameter: {}", advice, parameter));
}

void throwFromJsonError(const nlohmann::json::exception& error, std::string_view parameter) {
  throw InputError(fmt::format("Parameters do not fit: {}{}", withoutErrorNumber(error.what()), messageEnd(parameter)));
}

void throwEnumeratorWithoutWord(long long number) {
  throw InputError(fmt::format("The enumerator with the number {} has no word; add it to LEPTIR_ENUM", number));
}

}  // namespace leptir::internal
