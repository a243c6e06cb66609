// Turns the raw addresses of a crash report into text: function, file and line, as far as there are symbols.
#pragma once

#include <string>
#include <vector>

#include "link/crash_report.h"

namespace leptir::master {

// One line for each frame, innermost first, up to the function of leptir that runs tasks: "app::resize(Image&) at
// resize.cc:33", "abort at ./stdlib/abort.c:79 in libc.so.6", "abort in libc.so.6", "0x7f… in libx.so". Empty for a
// worker that only waited for a program when it was stopped. Reads debug information, which takes some 10 ms and may
// crash on damaged files: to be called only in a child process.
std::vector<std::string> symbolizeStack(const link::CrashReport& report);

// "std::runtime_error: its text"; empty when the worker did not die of an exception.
std::string describeException(const link::CrashReport& report);

}  // namespace leptir::master
