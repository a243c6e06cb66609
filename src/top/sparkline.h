// A row of bars, one column each.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "top/text_width.h"

namespace leptir::top {

// The newest values that fit `columns`, the newest at the right. The tallest bar is the largest value that is shown; a
// value of zero is the lowest bar, and every other value is higher than that. Fewer values than columns: blanks at the
// left.
std::string sparkline(std::span<const double> values, std::size_t columns, Encoding encoding);

// A bar for a fraction from 0 to 1: "[####    ]"; empty where fewer than four columns are left.
std::string progressBar(double fraction, std::size_t columns);

}  // namespace leptir::top
