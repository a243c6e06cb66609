// Whether an instance lives: its master locks a file before it forks, every process of the instance inherits the lock,
// and the kernel lets go of it with the last of them.
#pragma once

#include <filesystem>

namespace leptir {

// Whether anybody holds the lock of the file. A missing file is held by nobody.
bool isSessionLockHeld(const std::filesystem::path& file);

// Removes the lock files in `folder` that nobody holds and that are old enough not to be just in the making.
void removeStaleSessionLocks(const std::filesystem::path& folder);

}  // namespace leptir
