// How fast the fleet works, computed from successive cards of its instances.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/operations/fleet_view.h"

namespace leptir::top {

// Tasks a second.
struct Rates {
  double done = 0, failed = 0;
};

// One value for each kBarInterval that has passed, the oldest first.
struct RateHistory {
  std::vector<double> done{}, failed{};
};

inline constexpr auto kBarInterval = std::chrono::seconds(5);
inline constexpr std::size_t kMaxBars = 120;  // ten minutes

// Used by one thread at a time.
class RateMeter {
 public:
  // Takes the cards that were read at `now`. An instance counts from its second card on: from the difference of its
  // counters, divided by the time between the two cards. A counter that fell (the instance was started again) counts as
  // no work. An instance whose card is older than 10 s counts nothing.
  void addSample(const std::vector<InstanceView>& instances, Time now);

  // The sum over all instances; none: no instance has written two cards yet.
  std::optional<Rates> currentRates() const { return current_; }
  const RateHistory& history() const { return history_; }

 private:
  struct CardCounters {
    std::uint64_t done = 0, failed = 0;
    Time written{};
    std::optional<Rates> rates{};
  };
  void addSample(CardCounters& before, const InstanceView& instance);
  void sumUp(const std::vector<InstanceView>& instances, Time now);
  void addToHistory(Time now);

  std::map<std::string, CardCounters> counted_;  // by instance
  std::optional<Rates> current_;
  RateHistory history_;
  std::int64_t bar_ = 0;             // the number of the newest bar, since 1970
  std::size_t valuesInLastBar_ = 0;  // how many values the newest bar is the mean of
};

// How fast a number grows or falls, computed from its successive values.
class Trend {
 public:
  void addSample(double value, Time now);
  // The change per second; nullopt: addSample() has not been called twice yet.
  std::optional<double> perSecond() const { return perSecond_; }

 private:
  std::optional<double> lastValue_, perSecond_;
  Time lastTime_{};
};

}  // namespace leptir::top
