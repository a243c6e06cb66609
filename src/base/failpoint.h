// Places where a test may let a process end or stand still, to see what that leaves behind. Nothing at all unless
// compiled with LEPTIR_FAILPOINTS.
#pragma once

#ifdef LEPTIR_FAILPOINTS

#include <string_view>

namespace leptir {

// The environment names the one place that acts: LEPTIR_FAILPOINT=name:nth:action:file. It acts at the nth time that a
// process comes by, if nobody has made `file` before; that is made first, so it happens once, whoever comes by later.
// Without a file it happens to each process.
// Actions: exit (at once, status 137), stop (SIGSTOP), sleep (a second). Any thread.
void failpoint(std::string_view name);

}  // namespace leptir

#define LEPTIR_FAILPOINT(name) ::leptir::failpoint(name)
#else
#define LEPTIR_FAILPOINT(name) static_cast<void>(0)
#endif
