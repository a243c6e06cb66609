// Keys while the line above the keys asks for something.
#pragma once

#include "top/keys.h"
#include "top/requests.h"
#include "top/ui.h"

namespace leptir::top {

// A text is added to the filter; every answer to a question but y means no. An action on many
// tasks is done only once they are counted, and if there is one at least.
Requests answerPrompt(Ui& ui, const Snapshot& snapshot, const KeyPress& key);

}  // namespace leptir::top
