// Failpoints: places in the code where a test can make a process exit, stop or sleep, to see what that leaves behind.
// They compile to nothing unless LEPTIR_FAILPOINTS is defined.
#pragma once

#ifdef LEPTIR_FAILPOINTS

#include <string_view>

namespace leptir::base {

// The environment variable LEPTIR_FAILPOINT=name:nth:action:file chooses the one failpoint that acts, at the nth time
// that a process reaches it. With `file`, it acts in one process only: the first one that succeeds in creating that
// file. Without `file`, it acts in every process.
// Actions: exit (at once, with status 137), stop (SIGSTOP), sleep (one second). Any thread.
void failpoint(std::string_view name);

}  // namespace leptir::base

#define LEPTIR_FAILPOINT(name) ::leptir::base::failpoint(name)
#else
#define LEPTIR_FAILPOINT(name) static_cast<void>(0)
#endif
