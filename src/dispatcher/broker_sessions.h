// The brokers of the core: their settings, and which of them have an open session, of which epoch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dispatcher/core_options.h"
#include "dispatcher/step.h"
#include "settlement/held_task.h"

namespace leptir::dispatcher {

class BrokerSessions {
 public:
  // `settings` must outlive the object.
  explicit BrokerSessions(const std::vector<BrokerSettings>& settings);

  std::uint32_t count() const { return static_cast<std::uint32_t>(settings_.size()); }
  const std::string& nameOf(std::uint32_t broker) const { return settings_[broker].name; }
  std::int64_t priorityOf(std::uint32_t broker) const { return settings_[broker].priority; }
  // Whether the broker is no longer configured. It leases nothing more.
  bool isDetaching(std::uint32_t broker) const { return settings_[broker].detaching; }
  // The configured brokers, lowest priority index first.
  const std::vector<std::uint32_t>& byPriority() const { return byPriority_; }

  // What a store can do: as in event::BrokerOpened.
  struct StoreLimits {
    Duration longestTimeLimit{};
    bool keepsBuried = true;
  };
  // True: the session has another epoch than the last one. False: the same session was resumed.
  bool open(std::uint32_t broker, std::uint64_t epoch, const StoreLimits& limits = {Duration::zero(), true});
  void close(std::uint32_t broker) { sessions_[broker].isOpen = false; }

  bool isOpen(std::uint32_t broker) const { return sessions_[broker].isOpen; }
  // Whether the session of this epoch is open.
  bool isOpen(std::uint32_t broker, std::uint64_t epoch) const { return isOpen(broker) && epochOf(broker) == epoch; }
  // Whether a lease of this broker may end before a task with this limit does. Zero: a task without a limit.
  bool isTooLong(std::uint32_t broker, Duration timeLimit) const;
  Duration longestTimeLimit(std::uint32_t broker) const { return sessions_[broker].limits.longestTimeLimit; }
  bool keepsBuried(std::uint32_t broker) const { return sessions_[broker].limits.keepsBuried; }
  bool isInUse(std::uint32_t broker) const { return isOpen(broker) && !isDetaching(broker); }
  bool mayLease(std::uint32_t broker) const { return isInUse(broker) && !isPaused(broker); }
  // An operator has paused the queue of this broker, or drained the instance: no task begins until that is over.
  void setPaused(std::uint32_t broker, bool paused) { sessions_[broker].isPaused = paused; }
  void setDrained(bool drained) { isDrained_ = drained; }
  bool isPaused(std::uint32_t broker) const { return isDrained_ || sessions_[broker].isPaused; }
  // Of the last session; zero: there was none yet.
  std::uint64_t epochOf(std::uint32_t broker) const { return sessions_[broker].epoch; }
  // Whether the lease is lost since a later session was opened. While the broker is unavailable this is not known.
  bool isOfOldEpoch(const settlement::HeldTask& task) const;

  // Whether the broker is no longer configured, and can be detached as soon as no task of it is held.
  bool isToBeDetached(std::uint32_t broker) const {
    return isDetaching(broker) && isOpen(broker) && !sessions_[broker].isDetached;
  }
  void detach(std::uint32_t broker, Step& step);

  // One bit for each configured broker that has no open session. This limits the number of brokers to 64.
  std::uint64_t maskWithoutSession() const;

 private:
  struct Session {
    bool isOpen = false;
    bool isPaused = false;
    bool isDetached = false;  // its feeder may open it again meanwhile
    std::uint64_t epoch = 0;
    StoreLimits limits{};
  };

  const std::vector<BrokerSettings>& settings_;
  std::vector<std::uint32_t> byPriority_;
  std::vector<Session> sessions_;  // one for each broker
  bool isDrained_ = false;
};

}  // namespace leptir::dispatcher
