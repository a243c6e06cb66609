// The tasks of the chaos program: each run stands in the ledger that LEPTIR_CHAOS_LEDGER names.
#pragma once

#include "leptir/run_main.h"

namespace leptir::chaos {

// work {ms} · poison {way} · family {way, then: hang|kill|end} · stubborn · hog {mib} · bomb · vandal {way}
void addChaosTasks(TaskRegistry& tasks);

}  // namespace leptir::chaos
