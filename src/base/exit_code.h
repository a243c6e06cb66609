// The exit statuses of leptir's commands and of its processes; docs/guide/commands.md lists them for users.
#pragma once

namespace leptir::base {

inline constexpr int kExitDone = 0;
inline constexpr int kExitPartlyDone = 1;  // partly or not done; stderr says what
inline constexpr int kExitUsageError = 2;
inline constexpr int kExitNotRunning = 3;
inline constexpr int kExitNotFound = 4;
inline constexpr int kExitStoreUnusable = 69;
inline constexpr int kExitNotOver = 75;  // push --wait=S: a pushed task was not over after S seconds
inline constexpr int kExitConfigError = 78;

}  // namespace leptir::base
