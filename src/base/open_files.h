// Which process has a file open.
#pragma once

namespace leptir {

// Whether that process has the very file open that `descriptor` names. No, where it is gone or may not be looked at. A
// process number that an earlier process left behind, or that a stranger wrote, names one that has not.
bool hasOpen(int process, int descriptor);

}  // namespace leptir
