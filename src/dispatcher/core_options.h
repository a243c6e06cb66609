// What the core is told once, when it is made.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/task_rules.h"
#include "settlement/run_record.h"
#include "task/run_trace.h"

namespace leptir::dispatcher {

struct BrokerSettings {
  std::string name{};
  std::int64_t priority = 0;  // a lower index has a higher rank, see broker::RankSelection
  bool detaching = false;     // no longer configured: its leases are settled, then it is detached
  int colocatedStorages = 0;  // the number of required meta storages that its feeder writes to itself
  // The last dispatcher crashed while it leased one task at a time here. A lease that stands in no cell is presumed to
  // be the task that crashed it.
  bool wasLeasedSingly = false;
};

struct CoreOptions {
  std::vector<BrokerSettings> brokers{};  // a broker's number is its index here; at most base::kMaxBrokers
  int slotCount = 1;
  int requiredStorageCount = 1;
  bool hasStorages = true;
  std::set<std::string, std::less<>> taskNames{};         // of the tasks that this program can run
  TaskRulesByName taskRules{};                            // for some of these names
  Duration defaultTimeLimit = std::chrono::seconds(600);  // of tasks that name none; zero: no limit
  BootTime singleLeasesUntil{};                           // dispatchers crashed: lease one task at a time until then
  bool reportsErrors = false;                             // an error reporter is configured
  task::TraceSettings traceSettings{};                    // which runs get spans
  std::function<bool()> hasRoomForSpans{};                // asked for each run with spans; false: they are dropped
  bool drain = false;                                     // finish when no task is left that this program can run
  settlement::RecordAuthor author{};                      // of records of tasks that no known worker ran
};

}  // namespace leptir::dispatcher
