// Operations::diagnose.
#include "operations/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/duration_text.h"
#include "leptir/operations.h"

namespace leptir::operations {
namespace {

constexpr Duration kMinProblemClockDifference = std::chrono::minutes(1);

std::string differenceText(Duration difference) {
  return fmt::format("{} {}", base::durationText(std::chrono::abs(difference)),
                     difference > Duration::zero() ? "ahead of" : "behind");
}

void examineClock(const std::string& where, const StoreExamination& examination, Findings& findings) {
  if (!examination.clock) return;
  findings.countExamined();
  const auto difference = *examination.clock - examination.asked;
  if (std::chrono::abs(difference) < kMinReportedClockDifference) return;
  findings.add(
      {std::chrono::abs(difference) < kMinProblemClockDifference ? FindingSeverity::Warning : FindingSeverity::Problem,
       "clock-skew", where,
       fmt::format("the clock of the store is {} that of this machine: scheduled tasks begin too {}, and "
                   "records expire at wrong times",
                   differenceText(difference), difference > Duration::zero() ? "early" : "late"),
       "synchronise both clocks by NTP (timedatectl status)"});
}

void addExamination(const std::string& where, Result<StoreExamination> examination, Findings& findings) {
  findings.countExamined();
  const bool isMissingStore = !examination && isMissing(examination.error());
  findings.countStore(examination || isMissingStore);
  if (isMissingStore) return;
  if (!examination) {
    const auto& message = examination.error().message();
    const auto prefix = where + ": ";
    findings.add({FindingSeverity::Problem, "store-down", where,
                  message.starts_with(prefix) ? message.substr(prefix.size()) : message,
                  "see that the store runs and can be reached with this configuration (leptir check); instances try "
                  "again by themselves"});
    return;
  }
  findings.countExamined(examination->looked);
  examineClock(where, *examination, findings);
  for (auto& finding : examination->findings) findings.add(where, std::move(finding));
}

}  // namespace

Diagnosis Findings::take() && {
  std::ranges::stable_sort(diagnosis_.findings, {}, &Finding::severity);
  return std::move(diagnosis_);
}

std::string tasksAreText(std::uint64_t count) {
  return count == 1 ? "1 task is" : fmt::format("{} tasks are", count);
}

std::string whereOf(const Stores& stores, std::size_t broker) {
  return "broker " + stores.queues.name(broker);
}

void examineStores(Stores& stores, Findings& findings) {
  for (std::size_t i = 0; i < stores.queues.size(); ++i)
    addExamination(whereOf(stores, i), askBroker(stores, i, [](SimpleBroker& broker) { return broker.examine(); }),
                   findings);
  for (std::size_t i = 0; i < stores.records.size(); ++i)
    addExamination("meta storage " + stores.records.name(i),
                   askStorage(stores.records, i, [](SimpleMetaStorage& storage) { return storage.examine(); }),
                   findings);
}

}  // namespace leptir::operations

namespace leptir {
namespace {

constexpr std::uint64_t kRecordsReadForNames = 2'000;

}  // namespace

std::string_view nameOf(FindingSeverity severity) {
  constexpr std::array<std::string_view, 3> kNames{"problem", "warning", "note"};
  return kNames[static_cast<std::size_t>(severity)];
}

bool Diagnosis::isHealthy() const {
  return std::ranges::all_of(findings,
                             [](const Finding& finding) { return finding.severity == FindingSeverity::Note; });
}

Diagnosis Operations::diagnose() {
  operations::Findings findings;
  operations::examineStores(*stores_, findings);
  operations::examineQueues(*stores_, queues(), findings);
  operations::examineFleet(*stores_, findings);
  if (const auto view = names(kRecordsReadForNames)) operations::examineNames(*stores_, *view, findings);
  if (stores_->config) operations::examineMachine(*stores_->config, findings);
  return std::move(findings).take();
}

}  // namespace leptir
