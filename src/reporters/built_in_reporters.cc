#include "reporters/built_in_reporters.h"

namespace leptir::reporters {

void addBuiltInReporters(ReporterRegistry&) {}

}  // namespace leptir::reporters
