// Output of a starting instance to its terminal, or to the process that started it, while its signals are blocked.
#pragma once

#include <string>

#include "leptir/result.h"

namespace leptir::instance {

// Writes to a standard stream without buffering: a buffered write to a full pipe would wait, and no TERM could end that
// wait. Waits at most a second for a reader that does not read.
void printOn(int stream, const std::string& text);

// Writes "leptir: …" as a line to stderr, with control characters escaped.
void printOnStderr(const std::string& sentence);

// Writes the message of an error in the same way. Answers `status`.
int reportError(const Error& error, int status);

}  // namespace leptir::instance
