// Writes described structs (describe_parameters.h) as JSON: what read_parameters.h reads back to an equal value.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "leptir/internal/parameter_description.h"
#include "leptir/internal/parameter_errors.h"
#include "leptir/json.h"

namespace leptir::internal {

// A Json can be constructed from a T: T has a to_json function.
template <class T>
concept WritableToJson = std::constructible_from<Json, const T&>;

// True if a T can be written as parameters; otherwise a static_assert explains how to make it so.
template <class T>
constexpr bool checkWritableToJson() {
  static_assert(
      WritableToJson<T>,
      "leptir: this type cannot be written as task parameters: write LEPTIR_PARAMETERS(Type, members...) below "
      "the struct, or LEPTIR_ENUM(Type, {value, \"word\"}...) below the enumeration, or a to_json function");
  return WritableToJson<T>;
}

// Any other type: its to_json function writes it.
template <class T>
struct ParameterWriter {
  static Json write(const T& value) {
    if constexpr (checkWritableToJson<T>()) return Json(value);
  }
};

template <class T>
Json writeParameter(const T& value) {
  return ParameterWriter<T>::write(value);
}

template <EnumWithWords T>
struct ParameterWriter<T> {
  static Json write(const T& value) {
    for (const auto& entry : leptirWords(static_cast<const T*>(nullptr))) {
      if (entry.value == value) return std::string(entry.word);
    }
    throwEnumeratorWithoutWord(static_cast<long long>(value));
  }
};

template <class T>
struct ParameterWriter<std::optional<T>> {
  static Json write(const std::optional<T>& value) { return value ? writeParameter(*value) : Json(); }
};

template <class T>
struct ParameterWriter<std::vector<T>> {
  static Json write(const std::vector<T>& value) {
    auto list = Json::array();
    for (const auto& element : value) list.push_back(writeParameter<T>(element));
    return list;
  }
};

template <class Map>
Json writeMap(const Map& value) {
  auto object = Json::object();
  for (const auto& [name, member] : value) object[name] = writeParameter(member);
  return object;
}

template <class T, class Compare>
struct ParameterWriter<std::map<std::string, T, Compare>> {
  static Json write(const std::map<std::string, T, Compare>& value) { return writeMap(value); }
};

template <class T>
struct ParameterWriter<std::unordered_map<std::string, T>> {
  static Json write(const std::unordered_map<std::string, T>& value) { return writeMap(value); }
};

template <DescribedStruct T>
struct ParameterWriter<T> {
  static Json write(const T& value) {
    auto object = Json::object();
    forEachMember<T>([&](const auto& member) { writeMember(value, member, object); });
    return object;
  }

 private:
  // An empty std::optional is left out, as long as a missing parameter is read back as empty.
  template <class Member>
  static void writeMember(const T& value, const Member& member, Json& object) {
    if constexpr (kIsOptional<typename Member::Value>) {
      if (!(value.*member.pointer) && !(T{}.*member.pointer)) return;
    }
    object[std::string(member.name)] = writeParameter(value.*member.pointer);
  }
};

}  // namespace leptir::internal
