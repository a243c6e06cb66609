// stopAtCheck: a stop token that fires after a known number of checks, so that a test of a task's end needs neither a
// thread nor a wait.
#pragma once

#include "leptir/stop_token.h"

namespace leptir::testing {

// A token whose stopRequested() returns false until the `check`-th call (1: the first) and true from then on. Its
// descriptor is readable once that happened; a task that only polls the descriptor never makes it fire. StopSource
// (stop_source.h) makes tokens that the test fires itself.
StopToken stopAtCheck(int check);

}  // namespace leptir::testing
