// The master process: starts, watches and replaces the dispatcher and the workers; owns signals, time limits and every
// kill. It opens no store, parses no task, runs no user code and starts no thread (it forks all its life).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "leptir/clock.h"
#include "leptir/logger.h"
#include "link/link.h"

namespace leptir {

struct MasterOptions {
  int workers = 1;
  Duration killGrace = std::chrono::seconds(1);
  std::optional<Duration> shutdownGrace;  // none: running tasks may take as long as they like
  Duration hangingWorker =
      std::chrono::seconds(5);  // a worker that executes nothing and leaves an assigned cell this long is replaced
  Duration dispatcherBeat = std::chrono::seconds(15);  // a dispatcher whose beat is older is replaced
  // How long the dispatcher may take to settle once no task may run any more; its own limits are shorter. Then the
  // instance ends without it.
  Duration longestSettling = std::chrono::seconds(30);
  std::vector<std::string> brokerNames;                // in the order of the shared page's lines; for texts only
  Duration tick = std::chrono::milliseconds(50);  // how often cells are looked at; deadlines are met exactly beside it
};

// What the children do. Called in the child, right after its fork, with signals as a fresh process has them; what they
// answer is its exit status.
struct ChildMains {
  std::function<int()> dispatcher;
  std::function<int(int slot)> worker;
};

// What a HUP does, beside reopening the logs. Without them nothing.
struct ReloadHooks {
  std::function<bool()> read{};  // in the master: takes in what the check will look at; false: there is nothing to read
  std::function<int()> check{};  // in a child: 0, or the log says what is wrong
  // In the master, after a good check: makes ready all that can fail. None: the log says why; nothing has changed.
  std::function<std::optional<MasterOptions>()> prepare{};
  std::function<void()> commit{};  // in the master, while no dispatcher runs: cannot fail
};

// How the instance ended.
enum class MasterEnd {
  Stopped,         // by a signal, everything in order
  DrainedEmpty,    // --drain: nothing is left
  DrainedUnknown,  // --drain: tasks of unknown names are left
  StoreUnusable,   // a store can never be used as configured
  LeftToExpire,    // stopped, but a broker could not be told
  Failed,          // it could not work at all (no memory, no processes); the log says why
};

class Master {
 public:
  // All outlive it. `reopenLogs` is what USR1 and HUP call. `everySecond` is called about so often.
  Master(MasterOptions options, Link& link, StatusBoard& board, const Logger& logger, const Clock& clock,
         ChildMains children, std::function<void()> reopenLogs, ReloadHooks reload = {},
         std::function<void()> everySecond = {});
  ~Master();

  // Runs until the instance has ended and every child is reaped. Must be called from the only thread of the process.
  MasterEnd run();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace leptir
