// What the macros of describe_parameters.h say of a struct or an enumeration.
#pragma once

#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace leptir::internal {

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// One member of a described struct.
template <class Struct, class T>
struct Member {
  using Value = T;

  std::string_view name;  // of the parameter
  T Struct::* pointer;
  bool isRequired;
};

template <class Struct, class T>
constexpr Member<Struct, T> requiredMember(std::string_view name, T Struct::* pointer) {
  return {name, pointer, !kIsOptional<T>};
}
template <class Struct, class T>
constexpr Member<Struct, T> optionalMember(std::string_view name, T Struct::* pointer) {
  return {name, pointer, false};
}

// What becomes of parameters that the struct does not name.
enum class OtherParameters { Ignored, Refused };

template <class Struct, class Members>
struct Description {
  using Described = Struct;

  OtherParameters others;
  Members members;  // a tuple of Member
};

template <class Struct, class Members>
constexpr Description<Struct, Members> describe(OtherParameters others, Members members) {
  return {others, members};
}

// The word of one enumerator in JSON.
template <class Enum>
struct EnumWord {
  Enum value;
  std::string_view word;
};

// Has LEPTIR_PARAMETERS or LEPTIR_STRICT_PARAMETERS of its own, not only a base class that has it.
template <class T>
concept DescribedStruct =
    requires(const T* none) { requires std::same_as<typename decltype(leptirDescription(none))::Described, T>; };
// Has LEPTIR_ENUM.
template <class T>
concept EnumWithWords = std::is_enum_v<T> && requires(const T* none) { leptirWords(none); };

template <DescribedStruct T>
constexpr auto descriptionOf() {
  return leptirDescription(static_cast<const T*>(nullptr));
}

// Calls `visit` with each member of the description, in order.
template <DescribedStruct T, class Visit>
constexpr void forEachMember(Visit&& visit) {
  std::apply([&](const auto&... member) { (visit(member), ...); }, descriptionOf<T>().members);
}

}  // namespace leptir::internal
