// What an instance makes of `tracing` in its configuration.
#pragma once

#include "leptir/config.h"
#include "tracing/tracing_settings.h"

namespace leptir::instance {

tracing::TracingSettings tracingSettingsOf(const Config& config);
// For a worker: without a copy of the headers, which may be secret.
task::TraceSettings workerTraceSettingsOf(const Config& config);

// Invalid: no spans can be sent as `tracing` says; the message names the file.
Result<void> checkTracing(const Config& config);

// In a worker: wipes the endpoint and the headers, which may be secret, also from its environment. Whether spans are
// made must be known before. Only in a process with one thread.
void wipeTracingSecrets(Config& config);

}  // namespace leptir::instance
