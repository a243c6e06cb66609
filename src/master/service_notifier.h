// Notifies a service manager (systemd, Type=notify) that the master is ready, alive or stopping. sd_notify(3) describes
// the datagrams. Without NOTIFY_SOCKET in the environment nothing is sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "leptir/clock.h"

namespace leptir::master {

// For use by one thread.
class ServiceNotifier {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from the environment, since they are not
  // meant for tasks. `pid`: that of this process.
  static ServiceNotifier fromEnvironment(int pid);
  ServiceNotifier() = default;

  struct State {
    bool ready = false;
    bool stopping = false;
    bool working = false;  // the dispatcher makes progress
  };
  // To be called in each round of the master; sends what is new. While the instance is not working no watchdog message
  // is sent, so that the manager restarts it. While it is working but not ready yet, or stopping, the manager is asked
  // for more time.
  void notify(const State& state, BootTime now);
  void closeInChild() { socket_ = base::UniqueFd(); }

 private:
  void tellProgress(BootTime now);
  void send(std::string_view message) const;

  base::UniqueFd socket_;
  std::string address_;
  std::optional<Duration> watchdogInterval_;
  BootTime nextWatchdogAt_{}, nextExtensionAt_{};
  bool toldReady_ = false, toldStopping_ = false;
};

}  // namespace leptir::master
