// Runs a program and returns what it writes.
#pragma once

#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::aws {

// Runs the program (looked up in PATH) with these arguments, without a shell and with an empty stdin, and returns its
// stdout, at most 256 KiB. After `longest` it is killed with its process group. Invalid: it cannot be started.
// Unavailable: it did not end in time, or ended with another status than 0; the message then quotes the last line of
// its stderr, and never its stdout.
Result<std::string> runForOutput(const std::vector<std::string>& words, Duration longest);

}  // namespace leptir::aws
