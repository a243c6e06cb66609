// Makes the report of a task that is settled and did not succeed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "report/error_report.h"
#include "settlement/settlement.h"

namespace leptir::dispatcher {

// nullopt: the settlement is no error. Errors are exceptions, error statuses, crashes, exceeded time limits and
// burials; not errors are successes, retries that the task asked for, discards, cancelled tasks and given back ones.
// `envelope` is copied, but not read: reading it may be what crashes dispatchers. `broker` is the name of the broker.
std::optional<report::ErrorReport> reportOf(const settlement::Settlement& settlement, std::string_view envelope,
                                            const std::string& broker);

}  // namespace leptir::dispatcher
