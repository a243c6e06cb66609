// Finds the frame of a stack that is the user's code, for crash reports.
#pragma once

#include <string>
#include <vector>

namespace leptir::settlement {

// The innermost frame that belongs neither to leptir nor to a library; otherwise a user's lambda that the compiler
// inlined into a function of leptir or of the standard library; empty if there is neither. Frames are texts as
// master/stack_symbolizer.h makes them.
std::string userFrame(const std::vector<std::string>& stack);

}  // namespace leptir::settlement
