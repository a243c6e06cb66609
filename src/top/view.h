// Draws a page. A pure function: the same arguments give the same screen, without a terminal.
#pragma once

#include "top/ui.h"

namespace leptir::top {

// Exactly size.rows lines, none wider than size.columns.
Screen render(const Ui& ui, const Snapshot& snapshot, Size size);

}  // namespace leptir::top
