// LEPTIR_PARAMETERS: describes a struct of task parameters, so that leptir can read and write it as JSON.
//
//   struct Size { int width = 640; int height = 480; };
//   LEPTIR_PARAMETERS(Size, optional(width, height))
//
//   struct Resize {
//     std::string source;                 // required: a task without it fails
//     Size size;                          // required; errors name "size.width"
//     int quality = 90;                   // optional: 90 if the task does not have it
//     std::optional<std::string> target;  // optional by its type
//   };
//   LEPTIR_PARAMETERS(Resize, source, size, optional(quality), target)
//
// The line stands below the struct, in the namespace of the struct; the members are public, and the struct has a
// default constructor. A parameter is required unless its member is a std::optional or stands in `optional(…)`. A
// parameter that is null counts as missing; only a std::optional becomes empty by it. An optional parameter that is
// missing leaves its member as the default constructor made it.
//
// Members may be bool, integers, floating-point numbers, std::string, enumerations with LEPTIR_ENUM, other described
// structs, leptir::Json, std::optional, std::vector and std::map or std::unordered_map of these by std::string, and any
// other type that nlohmann's from_json and to_json know. No value is converted to another type, except an integer to a
// floating-point number. A value that does not fit is an InputError that names the parameter with its path:
// "Input value is not an integer but a string. Parameter: images[2].size.width".
//
// Parameters that the struct does not name are ignored; LEPTIR_STRICT_PARAMETERS makes them an error. Both macros take
// up to 64 members, and 16 in one `optional(…)`.
//
// LEPTIR_ENUM gives the enumerators of an enumeration their words in JSON; other words are an error:
//
//   enum class Fit { Cover, Contain };
//   LEPTIR_ENUM(Fit, {Fit::Cover, "cover"}, {Fit::Contain, "contain"})
#pragma once

#include "leptir/internal/for_each_argument.h"
#include "leptir/internal/parameter_description.h"
#include "leptir/internal/read_parameters.h"
#include "leptir/internal/write_parameters.h"

#define LEPTIR_PARAMETERS(Struct, ...) LEPTIR_INTERNAL_PARAMETERS(Struct, Ignored __VA_OPT__(, ) __VA_ARGS__)

#define LEPTIR_STRICT_PARAMETERS(Struct, ...) LEPTIR_INTERNAL_PARAMETERS(Struct, Refused __VA_OPT__(, ) __VA_ARGS__)

#define LEPTIR_ENUM(Enum, ...)                                                      \
  [[maybe_unused]] inline auto leptirWords(const Enum*) {                           \
    static constexpr ::leptir::internal::EnumWord<Enum> kWords[] = {__VA_ARGS__};   \
    return std::span<const ::leptir::internal::EnumWord<Enum>>(kWords);             \
  }                                                                                 \
  [[maybe_unused]] inline void from_json(const ::leptir::Json& json, Enum& value) { \
    ::leptir::internal::readParameters(json, value);                                \
  }                                                                                 \
  [[maybe_unused]] inline void to_json(::leptir::Json& json, const Enum& value) {   \
    json = ::leptir::internal::writeParameter(value);                               \
  }

// The functions are templates for this one type, so that a struct that derives from it does not count as described.
#define LEPTIR_INTERNAL_PARAMETERS(Struct, others, ...)                                                   \
  [[maybe_unused]] constexpr auto leptirDescription(const Struct*) {                                      \
    return ::leptir::internal::describe<Struct>(                                                          \
        ::leptir::internal::OtherParameters::others,                                                      \
        std::tuple{LEPTIR_INTERNAL_FOR_EACH(LEPTIR_INTERNAL_MEMBER, Struct __VA_OPT__(, ) __VA_ARGS__)}); \
  }                                                                                                       \
  template <std::same_as<Struct> T>                                                                       \
  void from_json(const ::leptir::Json& json, T& parameters) {                                             \
    ::leptir::internal::readParameters(json, parameters);                                                 \
  }                                                                                                       \
  template <std::same_as<Struct> T>                                                                       \
  void to_json(::leptir::Json& json, const T& parameters) {                                               \
    json = ::leptir::internal::writeParameter(parameters);                                                \
  }

// An argument of LEPTIR_PARAMETERS is `member` or `optional(member, …)`. For the second form the probe expands to two
// arguments, which move OPTIONAL to the second position, where CHOOSE takes it from.
#define LEPTIR_INTERNAL_MEMBER(Struct, argument) \
  LEPTIR_INTERNAL_CHOOSE(LEPTIR_INTERNAL_PROBE_##argument, LEPTIR_INTERNAL_REQUIRED_MEMBER)(Struct, argument)
#define LEPTIR_INTERNAL_PROBE_optional(...) unused, LEPTIR_INTERNAL_OPTIONAL_MEMBERS
#define LEPTIR_INTERNAL_CHOOSE(...) LEPTIR_INTERNAL_SECOND(__VA_ARGS__, unused)
#define LEPTIR_INTERNAL_SECOND(first, second, ...) second

#define LEPTIR_INTERNAL_REQUIRED_MEMBER(Struct, member) ::leptir::internal::requiredMember(#member, &Struct::member),
#define LEPTIR_INTERNAL_OPTIONAL_MEMBER(Struct, member) ::leptir::internal::optionalMember(#member, &Struct::member),
#define LEPTIR_INTERNAL_OPTIONAL_MEMBERS(Struct, argument) \
  LEPTIR_INTERNAL_FOR_EACH_INSIDE(LEPTIR_INTERNAL_OPTIONAL_MEMBER, Struct, LEPTIR_INTERNAL_UNWRAP_##argument)
#define LEPTIR_INTERNAL_UNWRAP_optional(...) __VA_ARGS__
