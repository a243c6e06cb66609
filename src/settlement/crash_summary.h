// Describes the crash of a worker for the record of its task: a cause, and one sentence.
#pragma once

#include <string>
#include <string_view>

#include "leptir/outcome.h"
#include "link/slot.h"

namespace leptir::settlement {

// The cause of a worker's death that the master did not cause: Crashed or OutOfMemory.
Cause crashCause(const link::Verdict& verdict);

// "killed by signal 11 (Segmentation fault) at address 0x0, in app::resize() at resize.cc:33", "stack overflow, killed
// by signal 11 …", "uncaught exception std::runtime_error: its text", "ended by exit(3) inside the task", "out of
// memory: …". `ran`: what the worker ran.
std::string describeCrash(const link::Verdict& verdict, std::string_view ran = "the task");

}  // namespace leptir::settlement
