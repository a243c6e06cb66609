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

// Of a task that is buried without being decoded, so that its id and name are not known. `cause`: Malformed, or Crashed
// where it killed dispatchers. `author`: the host and the master.
report::ErrorReport reportOfUndecoded(Cause cause, const std::string& reason, std::string_view envelope,
                                      const std::string& broker, const settlement::RecordAuthor& author, Time now);

}  // namespace leptir::dispatcher
