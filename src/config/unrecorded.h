// The warning about a configuration without meta storages.
#pragma once

#include <string_view>

namespace leptir::config {

inline constexpr std::string_view kNothingIsRecorded =
    "no meta_storage is configured: what becomes of tasks is not recorded";

}  // namespace leptir::config
