// The dispatcher process: owns all brokers and meta storages; leases, assigns and settles tasks. Runs no user code.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "broker/broker_factory.h"
#include "dispatcher/reporter_settings.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/spi/simple_broker.h"
#include "leptir/task_rules.h"
#include "link/link.h"
#include "meta/meta_storage_factory.h"
#include "tracing/tracing_settings.h"

namespace leptir::dispatcher {

struct DispatcherOptions {
  std::string instance;     // the name of the instance, under which it has a session at each broker
  std::string predecessor;  // the name of a dead instance whose sessions are to be ended, or empty
  SessionInfo info;
  int masterPid = 0;
  std::set<std::string, std::less<>> names;  // of tasks that this program can run
  TaskRulesByName rules;                     // for some of these names
  std::vector<ReporterSettings> reporters;   // of errors of tasks; the link has a report slot if there are any
  tracing::TracingSettings tracing;          // of spans of tasks
  Duration taskExecutionTime = std::chrono::seconds(600);
  Duration emptyQueueSleepTime = std::chrono::milliseconds(500);
  Duration workersActiveSleepTime = std::chrono::milliseconds(200);
  bool drain = false;                  // finish when no task is left that this program can run
  std::function<void()> reopenLogs{};  // called when the page asks for it; may be empty. Other threads may be logging
};

// The main function of a dispatcher process, called right after the fork; returns its exit status. It settles the cells
// that an earlier dispatcher left. It ends when the shared page's `stopping` is set and everything is settled, when
// --drain finds no task left, when the page asks it to hand over, or when the master is gone. `brokers` has the order
// of the broker lines in the page.
int runDispatcher(const DispatcherOptions& options, link::Link& link, link::StatusBoard& board,
                  const std::vector<broker::BrokerFactory>& brokers,
                  const std::vector<meta::MetaStorageFactory>& storages, const Logger& logger, const Clock& clock);

}  // namespace leptir::dispatcher
