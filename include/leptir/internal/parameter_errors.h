// The errors of a task's parameters: each throws InputError with one wording, for BaseTask's getInt and its siblings as
// for members of structs.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/json.h"

namespace leptir::internal {

// The expected types of parameters, as messages name them.
inline constexpr std::string_view kInteger = "an integer";
inline constexpr std::string_view kFloat = "a float";
inline constexpr std::string_view kBoolean = "a boolean";
inline constexpr std::string_view kString = "a string";
inline constexpr std::string_view kList = "a list";
inline constexpr std::string_view kObject = "an object";
inline constexpr std::string_view kListOrObject = "a list or an object";
inline constexpr std::string_view kAnyValue = "a value";

// Where a value stands in the parameters: a chain of names and list positions, from the value outwards. It lies on the
// stack of the code that reads, and costs nothing until an error needs its text.
struct ParameterPath {
  const ParameterPath* outer = nullptr;  // null: this is the object of all parameters
  std::string_view name{};               // empty: the position counts
  std::size_t position = 0;

  ParameterPath member(std::string_view memberName) const { return {this, memberName, 0}; }
  ParameterPath element(std::size_t index) const { return {this, {}, index}; }
  // "images[2].size.width"; empty for the object of all parameters.
  std::string text() const;
};

// The kind of a value, in messages: "a string", "null", …
std::string_view kindOf(const Json& value);

// The parameter is missing or null. `expected`: one of the texts above.
[[noreturn]] void throwMissing(std::string_view expected, std::string_view parameter);
// The parameter has another type. The message ends with a hint where the value was pushed as text by mistake.
[[noreturn]] void throwWrongType(const Json& value, std::string_view expected, std::string_view parameter);
// The integer does not fit into the type that the task reads it as. `digits`: the beginning of the pushed text, if it
// is known.
[[noreturn]] void throwIntegerDoesNotFit(std::string_view parameter, std::string_view digits = {});
// The text is none of the words of an enumeration.
[[noreturn]] void throwUnknownWord(std::string_view given, const std::vector<std::string_view>& words,
                                   std::string_view parameter);
// A struct that refuses other parameters does not name this one. `known`: the names of its members.
[[noreturn]] void throwUnknownParameter(const std::vector<std::string_view>& known, std::string_view parameter);
// The from_json function of the member's type refused the value.
[[noreturn]] void throwFromJsonError(const nlohmann::json::exception& error, std::string_view parameter);
// An enumeration with words has no word for this number.
[[noreturn]] void throwEnumeratorWithoutWord(long long number);

}  // namespace leptir::internal
