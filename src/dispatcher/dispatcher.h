// The dispatcher process: owns all brokers and meta storages; leases, hands out, settles. Runs no user code.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "broker/broker_seat.h"
#include "leptir/clock.h"
#include "leptir/logger.h"
#include "leptir/simple_broker.h"
#include "leptir/task_rules.h"
#include "link/link.h"
#include "meta/meta_seat.h"

namespace leptir {

struct DispatcherOptions {
  std::string instance;     // its name: the session at every broker
  std::string predecessor;  // the name of one that was killed here and is dead, or empty
  SessionCard card;
  int masterPid = 0;
  std::set<std::string, std::less<>> names;  // the tasks that this program can run
  TaskRuleBook rules;                        // of some of them
  Duration taskExecutionTime = std::chrono::seconds(600);
  Duration emptyQueueSleepTime = std::chrono::milliseconds(500);
  Duration workersActiveSleepTime = std::chrono::milliseconds(200);
  bool drain = false;                  // finish when nothing is left
  std::function<void()> reopenLogs{};  // when the page says so; may be none. Any thread may be logging meanwhile
};

// What the process exits with; the page's dispatcherSays says more.
inline constexpr int kExitStoreUnusable = 69;

// The main function of a dispatcher, called right after its fork; answers its exit status. Goes on with what an earlier
// dispatcher left in the slots. Ends when the page's `stopping` says so and everything is settled, when --drain finds
// nothing left, when the page says that it is to hand over, or when the master is gone. The order of `brokers` is that
// of the page's lines.
int runDispatcher(const DispatcherOptions& options, Link& link, StatusBoard& board, std::vector<BrokerSeat> brokers,
                  const std::vector<MetaSeat>& storages, const Logger& logger, const Clock& clock);

}  // namespace leptir
