// The lines above and below the panes.
#pragma once

#include "top/ui.h"

namespace leptir::top {

// The fleet in one line or two, and the problems of stores.
void addHeader(Screen& screen, const Ui& ui, const Snapshot& snapshot, Size size, const Layout& layout);
// The prompt or the news, and the keys of the page.
void addFooter(Screen& screen, const Ui& ui, const Snapshot& snapshot, Size size, const Layout& layout);

}  // namespace leptir::top
