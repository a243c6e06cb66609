#pragma once

#include <string_view>

namespace leptir {

// The semantic version of this build. It is stored with each session (see SessionInfo).
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace leptir
