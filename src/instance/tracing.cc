#include "instance/tracing.h"

#include "base/wipe_memory.h"
#include "instance/secret_variables.h"

namespace leptir::instance {

tracing::TracingSettings tracingSettingsOf(const Config& config) {
  const auto& given = config.tracing;
  return {.collector = {.endpoint = given.endpoint, .headers = given.headers},
          .sample = given.sample,
          .service = given.serviceName};
}

task::TraceSettings workerTraceSettingsOf(const Config& config) {
  return {.makesSpans = !config.tracing.endpoint.empty(), .sample = config.tracing.sample};
}

Result<void> checkTracing(const Config& config) {
  if (config.tracing.endpoint.empty()) return {};
  auto checked = tracing::checkCollector(tracingSettingsOf(config).collector);
  return checked ? checked : checked.error().in(config.file.string());
}

void wipeTracingSecrets(Config& config) {
  for (auto& [name, value] : config.tracing.headers) {
    wipeVariablesWith(value);
    base::wipe(value);
  }
  // An address without a password stays in the environment, where tasks with spans of their own look for it.
  if (config.tracing.endpoint.find('@') != std::string::npos) wipeVariablesWith(config.tracing.endpoint);
  base::wipe(config.tracing.endpoint);
}

}  // namespace leptir::instance
