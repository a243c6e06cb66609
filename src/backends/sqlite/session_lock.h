// Whether an instance lives: its master locks a file before it forks, every process of the instance inherits the lock,
// and the kernel lets go of it with the last of them.
#pragma once

#include <filesystem>
#include <string_view>

namespace leptir {

// 32 lower-case hex digits: also what makes a name fit for a file.
bool isInstanceName(std::string_view name);

// Whether anybody holds the lock of the file. A missing file is held by nobody.
bool isSessionLockHeld(const std::filesystem::path& file);

// Removes the lock files in `folder` that nobody holds and that are old enough not to be just in the making.
void removeStaleSessionLocks(const std::filesystem::path& folder);

// Ends with SIGKILL what is left of a dead instance and does not hold the lock: processes of this user that bear its
// mark (what tasks forked) or have LEPTIR_SESSION=`instance` in their environment (what was executed). False: one of
// them did not end within a second.
bool endProcessesOf(std::string_view instance);

}  // namespace leptir
