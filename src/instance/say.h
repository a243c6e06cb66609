// What an instance tells its terminal, or who else started it, once its signals are blocked.
#pragma once

#include <string>

#include "leptir/result.h"

namespace leptir {

// To a standard stream, and never by its buffer: that of a full pipe would wait, and no TERM would end the wait. A
// reader that does not read is given a second.
void sayOn(int stream, const std::string& text);

// "leptir: …" as a line on stderr, with nothing in it that steers a terminal.
void sayOnStderr(const std::string& sentence);

// The same of an error. Answers `status`.
int complain(const Error& error, int status);

}  // namespace leptir
