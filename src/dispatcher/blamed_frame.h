// Which frame of a stack is the user's own.
#pragma once

#include <string>
#include <vector>

namespace leptir {

// The innermost frame that is neither leptir's nor a library's; otherwise the user's lambda that the compiler put into
// a function of leptir's or of the standard library. Empty: there is none. Frames are texts as master/stack_resolver.h
// makes them.
std::string blamedFrame(const std::vector<std::string>& stack);

}  // namespace leptir
