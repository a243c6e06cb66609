// Operations::pause and resume.
#include "fleet/pause.h"

#include "base/task_names.h"
#include "leptir/operations.h"
#include "operations/audit_trail.h"
#include "operations/stores.h"

namespace leptir {
namespace {

enum class Change { Pause, Resume };

// Whether there was something to change.
Result<bool> changePause(operations::Stores& stores, std::size_t broker, const fleet::Pause& pause, Change change) {
  const auto key = fleet::keyOf(pause);
  return operations::askFleet(stores, broker, [&](FleetStore& store) {
    return change == Change::Pause ? store.putIfAbsent(key, fleet::textOf(pause), {}) : store.erase(key);
  });
}

std::string describe(const std::string& broker, const std::string& name) {
  return "broker " + broker + (name.empty() ? "" : ", name " + name);
}

void changeAt(operations::Stores& stores, std::size_t broker, const fleet::Pause& pause, Change change,
              ActionReport& report) {
  const auto changed = changePause(stores, broker, pause, change);
  if (!changed) {
    report.errors.push_back(changed.error());
    return;
  }
  if (!*changed && change == Change::Resume) return;
  if (*changed) ++report.changed;
  // A second pause confirms the first one: it is in the trail, too.
  auto written = operations::writeAuditEntry(stores, broker,
                                             {.action = change == Change::Pause ? "pause" : "resume",
                                              .on = describe(stores.queues.name(broker), pause.name),
                                              .changed = *changed ? 1U : 0U,
                                              .outcome = *changed ? "" : "it was paused already"});
  if (!written) report.errors.push_back(written.error());
}

Result<ActionReport> changePauses(operations::Stores& stores, const std::string& broker, const std::string& name,
                                  Change change) {
  if (!name.empty()) {
    if (auto valid = base::checkTaskName(name); !valid) return valid.error();
  }
  const auto brokers = operations::brokersNamed(stores, broker);
  if (!brokers) return brokers.error();
  const fleet::Pause pause{.name = name, .by = stores.by, .since = stores.clock->now()};
  ActionReport report;
  for (const auto index : *brokers) changeAt(stores, index, pause, change, report);
  if (report.errors.size() == brokers->size() && !brokers->empty()) return report.errors.front();
  return report;
}

}  // namespace

Result<ActionReport> Operations::pause(const std::string& broker, const std::string& name) {
  return changePauses(*stores_, broker, name, Change::Pause);
}

Result<ActionReport> Operations::resume(const std::string& broker, const std::string& name) {
  auto report = changePauses(*stores_, broker, name, Change::Resume);
  if (!report || report->changed > 0 || !report->errors.empty()) return report;
  return Error(ErrorCode::NotFound, "nothing was paused so: " + describe(broker.empty() ? "(any)" : broker, name));
}

}  // namespace leptir
