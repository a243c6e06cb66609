// Keeps what was secret in one process out of the memory of the next one, which is its fork.
#pragma once

#include <string>

#include "leptir/json.h"

namespace leptir {

// Overwrites a text, or all texts in a value, and empties it.
void wipe(std::string& text);
void wipe(Json& value);

// Overwrites what the C library holds free, and the unused part of the stack: what was freed before still stands there.
// Takes about a millisecond, and at most some 30 MB meanwhile; whole pages then go back to the kernel, so that children
// share little of it and keep less. Only in a process with one thread.
void wipeFreeMemory();

}  // namespace leptir
