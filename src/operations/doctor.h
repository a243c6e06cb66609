// The parts of Operations::diagnose. Each looks at one subject and adds what it finds.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "leptir/clock.h"
#include "leptir/operations/diagnosis.h"
#include "leptir/operations/fleet_view.h"
#include "leptir/spi/store_finding.h"
#include "operations/stores.h"

namespace leptir::operations {

// Clocks of this machine, of stores and of instances that differ by less are not mentioned.
inline constexpr Duration kMinReportedClockDifference = std::chrono::seconds(5);

// Collects findings. The same finding of two stores, which lie at the same place, is kept once.
class Findings {
 public:
  void countExamined(std::size_t things = 1) { diagnosis_.looked += things; }
  void add(Finding finding) {
    if (seen_.insert({finding.kind, finding.what}).second) diagnosis_.findings.push_back(std::move(finding));
  }
  void add(const std::string& where, StoreFinding finding) {
    add({finding.severity, std::move(finding.kind), where, std::move(finding.what), std::move(finding.advice)});
  }
  void countStore(bool answered) {
    ++diagnosis_.stores;
    if (answered) ++diagnosis_.answered;
  }
  Diagnosis take() &&;

 private:
  Diagnosis diagnosis_;
  std::set<std::pair<std::string, std::string>> seen_;
};

// "1 task is", "7 tasks are"
std::string tasksAreText(std::uint64_t count);
// "broker local"
std::string whereOf(const Stores& stores, std::size_t broker);

// SimpleBroker::examine and SimpleMetaStorage::examine of all stores, and their clocks.
void examineStores(Stores& stores, Findings& findings);
// Pauses, tasks that no instance works for, and buried tasks.
void examineQueues(Stores& stores, const std::vector<QueueView>& queues, Findings& findings);
// Cards, sessions, versions and clocks of the instances.
void examineFleet(Stores& stores, Findings& findings);
// The names of tasks that wait, of tasks that are retried, and how the runs of each name ended.
void examineNames(Stores& stores, const NamesView& names, Findings& findings);
// The limits, the space and the clock of this machine, and the files of the configuration.
void examineMachine(const Config& config, Findings& findings);

}  // namespace leptir::operations
