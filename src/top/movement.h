// Keys that move the selection of a pane, or scroll a text.
#pragma once

#include "top/keys.h"
#include "top/ui.h"

namespace leptir::top {

// Other keys do nothing.
void move(Ui& ui, const Snapshot& snapshot, Size size, KeyPress::Key key);

}  // namespace leptir::top
