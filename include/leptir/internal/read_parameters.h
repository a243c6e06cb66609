// Reads described structs (describe_parameters.h) from JSON. Each kind of member type has a ParameterReader: the text
// with which a message asks for it, and a function that reads it or throws InputError.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "leptir/internal/parameter_description.h"
#include "leptir/internal/parameter_errors.h"
#include "leptir/json.h"

namespace leptir::internal {

// Json::get<T>() compiles: T has a from_json function, and a default constructor.
template <class T>
concept ReadableFromJson = requires(const Json& json) {
  { json.get<T>() } -> std::same_as<T>;
};

// True if parameters can be read into a T; otherwise a static_assert explains how to make them so.
template <class T>
constexpr bool checkReadableFromJson() {
  static_assert(
      ReadableFromJson<T>,
      "leptir: no task parameters can be read into this type: write LEPTIR_PARAMETERS(Type, members...) below "
      "the struct, or LEPTIR_ENUM(Type, {value, \"word\"}...) below the enumeration, or a from_json function, "
      "and give it a default constructor");
  return ReadableFromJson<T>;
}

// Any other type: its from_json function reads it.
template <class T>
struct ParameterReader {
  static constexpr std::string_view kExpectedType = kAnyValue;
  static void read(const Json& json, T& value, const ParameterPath& path) {
    if constexpr (checkReadableFromJson<T>()) {
      try {
        json.get_to(value);
      } catch (const nlohmann::json::exception& error) {
        throwFromJsonError(error, path.text());
      }
    }
  }
};

template <class T>
void readParameter(const Json& json, T& value, const ParameterPath& path) {
  ParameterReader<T>::read(json, value, path);
}

template <>
struct ParameterReader<Json> {
  static constexpr std::string_view kExpectedType = kAnyValue;
  static void read(const Json& json, Json& value, const ParameterPath&) { value = json; }
};

template <>
struct ParameterReader<bool> {
  static constexpr std::string_view kExpectedType = kBoolean;
  static void read(const Json& json, bool& value, const ParameterPath& path) {
    if (!json.is_boolean()) throwWrongType(json, kExpectedType, path.text());
    value = json.get<bool>();
  }
};

template <>
struct ParameterReader<std::string> {
  static constexpr std::string_view kExpectedType = kString;
  static void read(const Json& json, std::string& value, const ParameterPath& path) {
    if (!json.is_string()) throwWrongType(json, kExpectedType, path.text());
    value = json.get_ref<const std::string&>();
  }
};

template <std::floating_point T>
struct ParameterReader<T> {
  static constexpr std::string_view kExpectedType = kFloat;
  static void read(const Json& json, T& value, const ParameterPath& path) {
    if (!json.is_number()) throwWrongType(json, kExpectedType, path.text());
    value = json.get<T>();
  }
};

// Whether a float is an integer beyond 64 bits, which nlohmann reads as a float.
inline bool isIntegerBeyond64Bits(const Json& json) {
  return json.is_number_float() && (json.get<double>() >= 0x1p64 || json.get<double>() < -0x1p63);
}

template <std::integral T>
struct ParameterReader<T> {
  static constexpr std::string_view kExpectedType = kInteger;
  static void read(const Json& json, T& value, const ParameterPath& path) {
    if (isIntegerBeyond64Bits(json)) throwIntegerDoesNotFit(path.text());
    if (!json.is_number_integer()) throwWrongType(json, kExpectedType, path.text());
    const bool fits =
        json.is_number_unsigned() ? castTo(json.get<std::uint64_t>(), value) : castTo(json.get<std::int64_t>(), value);
    if (!fits) throwIntegerDoesNotFit(path.text());
  }

 private:
  // False: the number does not fit into a T, since the cast changed it or its sign.
  template <class Given>
  static bool castTo(Given given, T& value) {
    value = static_cast<T>(given);
    return static_cast<Given>(value) == given && (value < T{}) == (given < Given{});
  }
};

template <EnumWithWords T>
struct ParameterReader<T> {
  static constexpr std::string_view kExpectedType = kString;
  static void read(const Json& json, T& value, const ParameterPath& path) {
    if (!json.is_string()) throwWrongType(json, kExpectedType, path.text());
    const auto& given = json.get_ref<const std::string&>();
    std::vector<std::string_view> words;
    for (const auto& entry : leptirWords(static_cast<const T*>(nullptr))) {
      if (entry.word == given) return void(value = entry.value);
      words.push_back(entry.word);
    }
    throwUnknownWord(given, words, path.text());
  }
};

template <class T>
struct ParameterReader<std::optional<T>> {
  static constexpr std::string_view kExpectedType = ParameterReader<T>::kExpectedType;
  static void read(const Json& json, std::optional<T>& value, const ParameterPath& path) {
    if (json.is_null()) return value.reset();
    readParameter(json, value.emplace(), path);
  }
};

// An empty object counts as an empty list and the other way round: PHP does not tell them apart.
template <class T>
struct ParameterReader<std::vector<T>> {
  static constexpr std::string_view kExpectedType = kList;
  static void read(const Json& json, std::vector<T>& value, const ParameterPath& path) {
    const bool isEmpty = json.is_object() && json.empty();
    if (!json.is_array() && !isEmpty) throwWrongType(json, kExpectedType, path.text());
    value.clear();
    for (const auto& element : json) {
      T read{};
      readParameter(element, read, path.element(value.size()));
      value.push_back(std::move(read));
    }
  }
};

template <class Map>
void readMap(const Json& json, Map& value, const ParameterPath& path) {
  const bool isEmpty = json.is_array() && json.empty();
  if (!json.is_object() && !isEmpty) throwWrongType(json, kObject, path.text());
  value.clear();
  if (isEmpty) return;
  for (const auto& [name, member] : json.items()) readParameter(member, value[name], path.member(name));
}

template <class T, class Compare>
struct ParameterReader<std::map<std::string, T, Compare>> {
  static constexpr std::string_view kExpectedType = kObject;
  static void read(const Json& json, std::map<std::string, T, Compare>& value, const ParameterPath& path) {
    readMap(json, value, path);
  }
};

template <class T>
struct ParameterReader<std::unordered_map<std::string, T>> {
  static constexpr std::string_view kExpectedType = kObject;
  static void read(const Json& json, std::unordered_map<std::string, T>& value, const ParameterPath& path) {
    readMap(json, value, path);
  }
};

template <DescribedStruct T>
struct ParameterReader<T> {
  static constexpr std::string_view kExpectedType = kObject;
  static void read(const Json& json, T& value, const ParameterPath& path) {
    static const Json kNoMembers = Json::object();
    const bool isEmpty = json.is_array() && json.empty();
    if (!json.is_object() && !isEmpty) throwWrongType(json, kExpectedType, path.text());
    const auto& object = isEmpty ? kNoMembers : json;
    forEachMember<T>([&](const auto& member) { readMember(object, value, member, path); });
    if constexpr (descriptionOf<T>().others == OtherParameters::Refused) refuseOthers(object, path);
  }

 private:
  template <class Member>
  static void readMember(const Json& object, T& value, const Member& member, const ParameterPath& path) {
    using Value = typename Member::Value;
    const auto found = object.find(member.name);
    const bool isMissing =
        found == object.end() || (found->is_null() && !kIsOptional<Value> && !std::same_as<Value, Json>);
    if (!isMissing) return readParameter(*found, value.*member.pointer, path.member(member.name));
    if (member.isRequired) throwMissing(ParameterReader<Value>::kExpectedType, path.member(member.name).text());
  }

  static void refuseOthers(const Json& object, const ParameterPath& path) {
    std::vector<std::string_view> known;
    forEachMember<T>([&](const auto& member) { known.push_back(member.name); });
    for (const auto& [name, value] : object.items()) {
      if (std::ranges::find(known, name) == known.end()) throwUnknownParameter(known, path.member(name).text());
    }
  }
};

// Reads a described struct, or an enumeration with words. Throws InputError.
template <class T>
void readParameters(const Json& json, T& value) {
  readParameter(json, value, ParameterPath{});
}

}  // namespace leptir::internal
