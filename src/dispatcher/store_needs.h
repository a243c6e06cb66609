// What an instance needs of its brokers beyond the operations: whether a store can do it is known once it is open, by
// its traits.
#pragma once

#include <string>

#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/spi/broker_traits.h"
#include "leptir/task_rules.h"

namespace leptir::dispatcher {

struct StoreNeeds {
  // The longest time limit of the configuration; zero: some tasks have no limit.
  Duration longestTimeLimit = std::chrono::seconds(600);
  std::string longestTimeLimitSource = "task_execution_time";  // which key says so
  bool hasStorages = true;                                     // records are kept
};

// Of a configuration: the default time limit, and those of names.
StoreNeeds storeNeeds(Duration defaultTimeLimit, const TaskRulesByName& rules, bool hasStorages);

// The longest time limit that a task of the store can have: the lease begins before the run, and ends after it. Zero:
// any.
Duration longestTimeLimit(const BrokerTraits& traits);

// Invalid: the store cannot do what is needed; the message says what to change.
Result<void> checkNeeds(const StoreNeeds& needs, const BrokerTraits& traits);

}  // namespace leptir::dispatcher
