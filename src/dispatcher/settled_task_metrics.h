// What is counted of a settlement (src/metrics).
#pragma once

#include "metrics/counted.h"
#include "settlement/settlement.h"

namespace leptir::dispatcher {

// Whether the task stood in a cell, where it may have run.
enum class MayHaveRun { Yes, No };

// To be called before the record is moved out of the settlement.
metrics::SettledTask settledTaskMetrics(const settlement::HeldTask& task, const settlement::Settlement& settlement,
                                        MayHaveRun mayHaveRun);

// A task of a cell whose lease is lost.
metrics::SettledTask lostTaskMetrics(const settlement::HeldTask& task);

}  // namespace leptir::dispatcher
