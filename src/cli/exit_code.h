// The exit statuses of leptir's commands; docs/guide/commands.md lists them for users.
#pragma once

namespace leptir::cli {

enum ExitCode : int {
  kExitDone = 0,
  kExitPartlyDone = 1,  // partly or not done; stderr says what
  kExitUsageError = 2,
  kExitNotRunning = 3,
  kExitNotFound = 4,
  kExitStoreUnusable = 69,
  kExitConfigError = 78,
};

}  // namespace leptir::cli
