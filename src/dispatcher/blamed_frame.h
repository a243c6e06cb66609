// Which frame of a stack is the user's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leptir {

// The innermost frame that is neither leptir's nor a library's, or the innermost one that the compiler made of a user's
// lambda inside a function of leptir's or of the standard library. Empty: there is none. Frames are texts as
// master/stack_resolver.h makes them.
std::string_view blamedFrame(const std::vector<std::string>& stack);

}  // namespace leptir
