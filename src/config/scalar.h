// Which type an unquoted word of a configuration has.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace leptir::config {

enum class ScalarKind {
  Text,
  Boolean,      // true, false
  Integer,      // 12, -3
  Fraction,     // 0.5, 1e3
  LeadingZero,  // 012, 007.5: octal for some readers, decimal for others
  OtherBase,    // 0x1f, 0o17
  NotFinite,    // .inf, .nan
};

ScalarKind kindOf(std::string_view word);

// nullopt: the number does not fit.
std::optional<std::int64_t> integerOf(std::string_view word);
std::optional<double> fractionOf(std::string_view word);

}  // namespace leptir::config
