// The doorbell: how a push in one process ends a waiting pop in another. Each push adds an entry to a short Redis
// stream; each waiting instance asks the server (XREAD) for an entry newer than the last it saw. Reading removes
// nothing, so every instance sees every push.
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_blocking_connection.h"
#include "leptir/clock.h"
#include "leptir/spi/wake.h"

namespace leptir::redis {

// Waits for pushes over a connection of its own. One thread at a time.
class RedisDoorbell {
 public:
  // Does not connect yet.
  RedisDoorbell(const RedisAddress& address, std::string stream);

  enum class WaitResult {
    MaybePushed,  // a task was pushed, or may have been: look into the queue
    Wake,         // `wake` was rung
    Nothing,      // no push for `longest`
  };
  // Waits for a push, at most `longest`. A push since the last call ends it at once. Never fails: without a usable
  // server it only sleeps for a short time, so that the caller looks into the queue more often.
  WaitResult waitForPush(Duration longest, Wake& wake);

 private:
  WaitResult waitOnServer(Duration longest, Wake& wake);
  WaitResult pauseAsking();

  RedisBlockingConnection connection_;
  std::string stream_;
  std::string lastEntry_;      // id of the newest stream entry seen
  BootTime askServerAgainAt_;  // the server could not be asked: do not connect again before
};

}  // namespace leptir::redis
