// The stack of the calling thread as raw addresses. Safe in a signal handler: takes no lock and no memory.
#pragma once

#include "link/last_words.h"

namespace leptir {

// Into words.addresses and words.frames, from the frame whose address is `from` on (of all, when there is none): what
// lies above it is the handler's own.
void walkStack(std::uint64_t from, LastWords& words);

// The program counter and the stack pointer of what a signal interrupted; zeros on a machine that we do not know.
struct Interrupted {
  std::uint64_t pc = 0, sp = 0;
};
Interrupted interruptedBy(const void* context);

// As walkStack, from what was interrupted on; also when that was a jump to nowhere.
void walkInterruptedStack(const Interrupted& interrupted, LastWords& words);

// The lines of /proc/self/maps that name a file.
void copyMaps(LastWords& words);

}  // namespace leptir
