// How a push in one process ends a waiting pop in another: each push adds to a short stream, and whoever waits has
// asked to be told of an entry that is newer than those it knows. Nothing is taken away, so nobody misses what another
// heard.
#pragma once

#include <memory>
#include <string>

#include "backends/redis/redis_connection.h"
#include "leptir/clock.h"
#include "leptir/wake.h"

namespace leptir {

// The ear of one waiter, with a connection of its own. One thread at a time.
class RedisBell {
 public:
  // Connects nothing yet.
  RedisBell(const RedisAddress& address, std::string stream);

  enum class Heard {
    Bell,     // or perhaps: look
    Wake,     // `wake` was rung
    Nothing,  // for so long
  };
  // At most for `longest`. What rang since the last time ends it at once. Never fails: without a server it is deaf, and
  // its waits are short.
  Heard listen(Duration longest, Wake& wake);

 private:
  Heard listenToTheServer(Duration longest, Wake& wake);
  Heard beDeaf();

  RedisConnection connection_;
  std::string stream_;
  std::string last_;    // id of the newest entry that we know
  BootTime deafUntil_;  // do not connect again before
};

}  // namespace leptir
