// The frames of a crash report's stack, which are lines of text: "app::resize(Image&) at /srv/app/resize.cc:33", "abort
// at ./stdlib/abort.c:79 in libc.so.6", "main in app", "0x7f12ab in libx.so" (master/stack_symbolizer.h makes them).
#pragma once

#include <string_view>

namespace leptir::base {

// The parts of one line; they refer to the text of the line. A part that the line does not have is empty.
struct StackFrame {
  std::string_view function;  // or the address, where no function is known
  std::string_view file;
  int line = 0;
  std::string_view module;  // the shared library; of a function without a line also the program
};

StackFrame parseStackFrame(std::string_view text);

// Whether the frame belongs neither to leptir nor to a library of others (the standard library, a shared library with
// the sources of a distribution).
bool isUserCode(const StackFrame& frame);

}  // namespace leptir::base
