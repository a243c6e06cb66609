// Calls a write again whose outcome is unknown.
#pragma once

#include "backends/mongodb/mongodb_error.h"
#include "backends/mongodb/mongodb_options.h"
#include "leptir/clock.h"

namespace leptir::mongodb {

// Whether the same call may succeed at once: the connection was lost before or after it reached the server.
inline bool isConnectionLost(const MongodbError& error) {
  return error.remedy == Remedy::Check || error.remedy == Remedy::Reconnect;
}

// Limits the attempts of one operation: at most kMax, and none after the server was silent, since such a call takes
// as long as the whole operation may take.
class Attempts {
 public:
  static constexpr int kMax = 3;

  // Whether a call that has failed is worth another one.
  bool mayRepeat(const MongodbError& why) { return isConnectionLost(why) && ++failed_ < kMax && isEarly(); }
  // Whether there is time for another call.
  bool isEarly() const { return systemClock().bootTime() - begin_ < std::chrono::milliseconds(kMaxWaitMs) / 2; }

 private:
  BootTime begin_ = systemClock().bootTime();
  int failed_ = 0;
};

// For writes that change nothing more when they are applied twice.
template <class Write>
auto repeatIfConnectionLost(Write write) {
  Attempts attempts;
  while (true) {
    auto done = write();
    if (done || !attempts.mayRepeat(done.error())) return done;
  }
}

}  // namespace leptir::mongodb
