// Files of Unix sockets whose server is gone.
#pragma once

#include <string>

namespace leptir::base {

// Removes the file of a Unix socket if no process listens on it. Leaves every other file alone.
void removeStaleSocket(const std::string& path);

}  // namespace leptir::base
