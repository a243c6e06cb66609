// The event that is sent to Sentry for one error, and the envelope around it
// (https://develop.sentry.dev/sdk/data-model/envelopes/).
#pragma once

#include <string>

#include "leptir/clock.h"
#include "reporters/reported_error.h"

namespace leptir::reporters {

// The options of the reporter that stand in each event; empty: not given.
struct SentryNames {
  std::string environment;
  std::string release;
  std::string serverName;  // empty: the host of the error
};

// `id` has 32 lower-case hex digits. The stack of the error becomes frames, the outermost first. Since leptir cuts the
// texts of a report, an event is smaller than the megabyte that Sentry takes.
Json sentryEvent(const ReportedError& error, const SentryNames& names, const std::string& id, Time now);

// The lines of an envelope with this one event. Sentry drops an event whose id it has already.
std::string sentryEnvelope(const Json& event, const std::string& id, Time now);

}  // namespace leptir::reporters
