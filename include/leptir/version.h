#pragma once

#include <string_view>

namespace leptir {

// Semantic version of this build. Stands in a session's card, so `status` can show who runs what.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace leptir
