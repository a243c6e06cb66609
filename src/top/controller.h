// What keys do: they change the Ui, and ask for what needs the model or the terminal.
#pragma once

#include "top/keys.h"
#include "top/requests.h"
#include "top/ui.h"

namespace leptir::top {

// Nothing is changed in a store without a question that is answered with y. Call adjustUi() on `ui` before this.
Requests handleKey(Ui& ui, const Snapshot& snapshot, Size size, const KeyPress& key);

}  // namespace leptir::top
