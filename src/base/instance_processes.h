// What is left on this machine of an instance that is dead.
#pragma once

#include <string_view>

namespace leptir {

// Ends with SIGKILL the processes of this user that bear the instance's mark (what tasks forked) or have
// LEPTIR_SESSION=`instance` in their environment (what was executed). False: one of them did not end within a second.
bool endProcessesOf(std::string_view instance);

}  // namespace leptir
