// What a service manager hears of the master (systemd's Type=notify): ready, alive, stopping. sd_notify(3) describes
// the datagrams; without NOTIFY_SOCKET in the environment nothing is said.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "leptir/clock.h"

namespace leptir {

// One thread.
class ServiceNotice {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment: they are not meant for
  // tasks. `pid` is this process.
  static ServiceNotice fromEnvironment(int pid);
  ServiceNotice() = default;

  // Each round: says what is new. `working`: the dispatcher has shown lately that it and its stores' threads go round;
  // without that the watchdog gets nothing, and the manager starts us anew. While we are not ready yet or stopping, and
  // work, it is asked for patience.
  void tell(bool ready, bool stopping, bool working, BootTime now);
  void closeInChild() { socket_ = UniqueFd(); }

 private:
  void tellProgress(BootTime now);
  void send(std::string_view message) const;

  UniqueFd socket_;
  std::string address_;
  std::optional<Duration> watchdogEvery_;
  BootTime beatAt_{}, extendAt_{};
  bool toldReady_ = false, toldStopping_ = false;
};

}  // namespace leptir
