// The master process: starts, watches and replaces the dispatcher and the workers; owns signals, time limits and every
// kill. It opens no store, parses no task, runs no user code and starts no thread (a process that forks must not have
// any).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "link/link.h"

namespace leptir::master {

struct MasterOptions {
  int workers = 1;
  Duration killGrace = std::chrono::seconds(1);
  std::optional<Duration> shutdownGrace;  // none: running tasks may take as long as they like
  Duration workerHangTimeout =
      std::chrono::seconds(5);  // an idle worker that does not begin its assigned task for so long is replaced
  Duration dispatcherBeat = std::chrono::seconds(15);  // a dispatcher whose beat is older is replaced
  // How long the dispatcher may take to settle once no task may run any more. Its own limits are shorter; after this
  // time the instance ends without the dispatcher.
  Duration settleTimeout = std::chrono::seconds(30);
  std::vector<std::string> brokerNames;           // in the order of SharedPage::brokers; for messages only
  Duration tick = std::chrono::milliseconds(50);  // how often cells are scanned; deadlines are met independently of it
};

// The main functions of the children. Called in the child right after its fork, with the signal handlers of a new
// process; their result is its exit status.
struct ChildMains {
  std::function<int()> dispatcher;
  std::function<int(int slot)> worker;
};

// The steps of a reload, which a HUP starts after it has reopened the logs. Without hooks it does nothing else.
struct ReloadHooks {
  std::function<bool()> read{};  // in the master: reads the new configuration; false: that failed, the log says why
  std::function<int()> check{};  // in a child: checks it; 0: it is good; else the log says what is wrong
  // In the master, after a good check: does all that can fail. None: it failed, the log says why; nothing has changed.
  std::function<std::optional<MasterOptions>()> prepare{};
  std::function<void()> commit{};  // in the master, while no dispatcher runs: switches over; cannot fail
};

// How the instance ended.
enum class MasterEnd {
  Stopped,               // by a signal, and all tasks are settled
  DrainedEmpty,          // --drain: the queues are empty
  DrainedExceptUnknown,  // --drain: only tasks with unknown names are left
  StoreUnusable,         // a store can never be used as configured
  SessionsLeftToExpire,  // by a signal, but tasks are left that return to their queues when their sessions expire
  Failed,                // it could not start (no memory, no processes); the log says why
};

class Master {
 public:
  // All references must outlive the master. `reopenLogs` is called at USR1 and HUP, `everySecond` about once a second.
  Master(MasterOptions options, link::Link& link, link::StatusBoard& board, const Logger& logger, const Clock& clock,
         ChildMains children, std::function<void()> reopenLogs, ReloadHooks reload = {},
         std::function<void()> everySecond = {});
  ~Master();

  // Runs until the instance has ended and every child is reaped. Must be called from the only thread of the process.
  MasterEnd run();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace leptir::master
