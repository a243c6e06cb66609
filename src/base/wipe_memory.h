// Overwrites secrets in memory before a fork, so that the child process does not inherit them.
#pragma once

#include <string>

#include "leptir/json.h"

namespace leptir::base {

// Overwrites a text, or all texts within a JSON value, and leaves it empty.
void wipe(std::string& text);
void wipe(Json& value);

// Overwrites the free memory of the C library and the unused part of the stack, which still contain data of freed
// objects. Takes about a millisecond and at most some 30 MB meanwhile; whole pages then go back to the kernel, so that
// child processes share and keep less memory. Only in a process with one thread.
void wipeFreeMemory();

}  // namespace leptir::base
