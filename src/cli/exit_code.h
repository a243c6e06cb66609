// What the process's exit status says (docs/guide/commands.md).
#pragma once

namespace leptir {

enum ExitCode : int {
  kDone = 0,
  kPartlyDone = 1,  // partly or not done; stderr says what
  kUsage = 2,
  kNotRunning = 3,
  kNotFound = 4,
  kStoreUnusableCode = 69,
  kConfiguration = 78,
};

}  // namespace leptir
