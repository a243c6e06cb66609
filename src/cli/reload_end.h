// What `leptir reload` says of the end of a reload.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace leptir::cli {

// The check of a new configuration may take a minute (master/reloader.cc).
inline constexpr auto kMaxReloadTime = std::chrono::seconds(75);
inline constexpr std::string_view kHasReloaded = "has read its configuration again; its log says what has changed";

// Prints that the instance has refused its new configuration. Returns the exit status.
int failReload(const std::string& instance);

}  // namespace leptir::cli
