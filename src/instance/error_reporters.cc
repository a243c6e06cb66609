#include "instance/error_reporters.h"

#include <utility>

#include "base/wipe_memory.h"
#include "instance/secret_variables.h"
#include "report/redaction.h"
#include "worker/report_task.h"

namespace leptir::instance {
namespace {

const ReporterKind* kindOf(const Config::ErrorReporter& reporter, const ReporterRegistry& registry) {
  return reporter.className.empty() ? registry.findBuiltIn(reporter.type) : registry.find(reporter.className);
}

// `isSecret`: `value` stands below a key that may hold secrets.
void wipeSecretVariables(const Json& value, const report::Redaction& redaction, bool isSecret) {
  if (value.is_string() && isSecret) wipeVariablesWith(value.get_ref<const std::string&>());
  if (!value.is_structured()) return;
  for (const auto& [key, member] : value.items())
    wipeSecretVariables(member, redaction, isSecret || (value.is_object() && redaction.isSecret(key)));
}

}  // namespace

std::vector<dispatcher::ReporterSettings> reporterSettingsOf(const Config& config) {
  std::vector<dispatcher::ReporterSettings> settings;
  for (const auto& reporter : config.errorReporters) {
    settings.push_back(
        {.name = reporter.name, .timeLimit = reporter.timeLimit, .redaction = report::Redaction(reporter.redact)});
  }
  return settings;
}

Program errorReportProgram(const Config& config, const Program& own) {
  std::vector<report::ConfiguredReporter> reporters;
  for (const auto& reporter : config.errorReporters) {
    if (const auto* kind = kindOf(reporter, own.reporters))
      reporters.push_back({.name = reporter.name, .make = kind->make, .options = reporter.options});
  }
  Program program;
  program.tasks = worker::reportTasks(std::move(reporters));
  return program;
}

Result<void> addReportSlotIfNeeded(link::Link& link, const Config& config) {
  return config.errorReporters.empty() ? Result<void>() : link.addReportSlot();
}

void wipeReporterOptions(Config& config) {
  const report::Redaction redaction({"dsn", "headers", "url"});
  for (auto& reporter : config.errorReporters) {
    wipeSecretVariables(reporter.options, redaction, false);
    base::wipe(reporter.options);
  }
}

}  // namespace leptir::instance
