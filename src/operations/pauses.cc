// Operations::pause, resume, resumeAll and pauses.
#include "fleet/pause.h"

#include "base/escape.h"
#include "base/task_names.h"
#include "leptir/operations.h"
#include "operations/audit_trail.h"
#include "operations/fleet_entries.h"
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

std::string notPaused(const std::string& broker, const std::string& name) {
  const auto where = broker.empty() ? std::string("any broker") : "broker " + broker;
  const auto what =
      name.empty() ? "the queue of " + where : "tasks of the name " + base::inQuotes(name) + " at " + where;
  return "not paused: " + what;
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

fleet::Pause pauseOfName(const operations::Stores& stores, const std::string& name) {
  return {.name = name, .by = stores.by, .since = stores.clock->now()};
}

Result<ActionReport> changePauses(operations::Stores& stores, const std::string& broker, const std::string& name,
                                  Change change) {
  if (!name.empty()) {
    if (auto valid = base::checkTaskName(name); !valid) return valid.error();
  }
  const auto brokers = operations::brokersNamed(stores, broker);
  if (!brokers) return brokers.error();
  const auto pause = pauseOfName(stores, name);
  ActionReport report;
  for (const auto index : *brokers) changeAt(stores, index, pause, change, report);
  if (report.errors.size() == brokers->size() && !brokers->empty()) return report.errors.front();
  return report;
}

}  // namespace

Result<PausesView> Operations::pauses() {
  PausesView view;
  for (std::size_t i = 0; i < stores_->queues.size(); ++i) {
    auto pauses = operations::pausesAt(*stores_, i);
    if (!pauses) view.unable.push_back(pauses.error());
    if (!pauses) continue;
    for (auto& paused : *pauses) view.pauses.push_back({stores_->queues.name(i), std::move(paused)});
  }
  if (!view.unable.empty() && view.unable.size() == stores_->queues.size()) return view.unable.front();
  return view;
}

Result<ActionReport> Operations::resumeAll() {
  ActionReport report;
  for (std::size_t i = 0; i < stores_->queues.size(); ++i) {
    const auto pauses = operations::pausesAt(*stores_, i);
    if (!pauses) report.errors.push_back(pauses.error());
    if (!pauses) continue;
    for (const auto& paused : *pauses)
      changeAt(*stores_, i, pauseOfName(*stores_, paused.name), Change::Resume, report);
  }
  if (report.changed > 0) return report;
  if (!report.errors.empty()) return report.errors.front();
  return Error(ErrorCode::NotFound, "nothing is paused");
}

Result<ActionReport> Operations::pause(const std::string& broker, const std::string& name) {
  return changePauses(*stores_, broker, name, Change::Pause);
}

Result<ActionReport> Operations::resume(const std::string& broker, const std::string& name) {
  auto report = changePauses(*stores_, broker, name, Change::Resume);
  if (!report || report->changed > 0 || !report->errors.empty()) return report;
  return Error(ErrorCode::NotFound, notPaused(broker, name));
}

}  // namespace leptir
