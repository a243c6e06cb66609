// Converts between a task's parameters, which are JSON, and the structs of a program.
#pragma once

#include "leptir/describe_parameters.h"
#include "leptir/json.h"

namespace leptir {

namespace internal {

// Whether `json` contains a number that does not fit into a signed 64-bit integer.
bool containsNumberBeyondInt64(const Json& json);
// Throws InputError when the conversion to a struct changed the value of a large integer, since nlohmann casts without
// a check. `given` are the parameters, `became` is the struct written back as JSON.
void throwIfNumbersChanged(const Json& given, const Json& became);

// Reads the parameters into a struct, and throws nlohmann's exception if they do not fit.
using ReadParametersFunction = void (*)(const Json&);
// Throws InputError with the text of nlohmann's exception and the name of the parameter for which `read` throws.
[[noreturn]] void throwInputError(const Json& data, const nlohmann::json::exception& error,
                                  ReadParametersFunction read);

}  // namespace internal

// Converts a task's parameters to a struct that LEPTIR_PARAMETERS describes (describe_parameters.h), or that a
// from_json function reads. Throws InputError, with the name of the parameter, when they do not fit.
template <class T>
T parametersAs(const Json& data) {
  if constexpr (internal::DescribedStruct<T>) {
    T parameters{};
    internal::readParameters(data, parameters);
    return parameters;
  } else if constexpr (internal::checkReadableFromJson<T>()) {
    try {
      T parameters = data.get<T>();
      if constexpr (internal::WritableToJson<T>) {
        if (internal::containsNumberBeyondInt64(data)) internal::throwIfNumbersChanged(data, Json(parameters));
      }
      return parameters;
    } catch (const nlohmann::json::exception& error) {
      internal::throwInputError(data, error, [](const Json& changed) { static_cast<void>(changed.get<T>()); });
    }
  }
}

}  // namespace leptir
