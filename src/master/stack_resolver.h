// Raw addresses of a dead worker as text: function, file and line where symbols allow.
#pragma once

#include <string>
#include <vector>

#include "link/last_words.h"

namespace leptir {

// One line a frame, innermost first, up to what leptir calls a task by: "app::resize(Image&) at resize.cc:33", "abort
// at ./stdlib/abort.c:79 in libc.so.6", "abort in libc.so.6", "0x7f… in libx.so". Nothing of a worker that only waited
// for a program when it was stopped. Reads debug information, which takes some 10 ms and trusts what stands in files:
// only in a child process of its own.
std::vector<std::string> resolveStack(const LastWords& words);

// "std::runtime_error: its text"; empty when it was no exception.
std::string nameException(const LastWords& words);

}  // namespace leptir
