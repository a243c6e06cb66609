// Which action a key means for a row.
#pragma once

#include <optional>
#include <string>

#include "leptir/result.h"
#include "top/ui.h"

namespace leptir::top {

// The action of the key (c, r, d, n, a, p or D) on what is selected; nullopt: the key is not one of these. An error
// says why it does nothing here.
std::optional<Result<Action>> actionOf(char key, const Ui& ui, const Snapshot& snapshot);

}  // namespace leptir::top
