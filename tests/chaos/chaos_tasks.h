// The tasks of the chaos program. Each run is noted in the ledger, the file that LEPTIR_CHAOS_LEDGER names.
#pragma once

#include "leptir/run_main.h"

namespace leptir::chaos {

// Adds, with their parameters: work {ms} · poison {way} · family {way, then: hang|kill|end} · stubborn · hog {mib} ·
// bomb · vandal {way}
void addChaosTasks(TaskRegistry& tasks);

}  // namespace leptir::chaos
