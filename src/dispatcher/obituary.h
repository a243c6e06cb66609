// What the record says of a worker that died: the word for its cause, and one sentence.
#pragma once

#include <string>

#include "leptir/outcome.h"
#include "link/slot.h"

namespace leptir {

// Crashed or OutOfMemory, of a worker that died by itself.
Cause causeOfDeath(const Verdict& verdict);

// "killed by signal 11 (Segmentation fault) at address 0x0, in app::resize() at resize.cc:33", "stack overflow, killed
// by signal 11 …", "uncaught exception std::runtime_error: its text", "ended by exit(3) inside the task", "out of
// memory: …".
std::string sentenceOfDeath(const Verdict& verdict);

}  // namespace leptir
