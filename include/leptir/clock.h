// Time as leptir reads it. Two clocks with two names: `now` is what people and records mean, `bootTime` is what waits
// are measured by. Everything that reads time takes a Clock, so that a test can hold it still.
#pragma once

#include <atomic>
#include <chrono>

namespace leptir {

using Duration = std::chrono::microseconds;

// Wall clock, UTC. May jump when somebody sets it.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Since the machine started, suspended time included (CLOCK_BOOTTIME). Never jumps back; means nothing on another
// machine.
struct BootClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<BootClock, Duration>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

// Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual BootTime bootTime() const = 0;
};

// The machine's clocks. The object lives as long as the program.
const Clock& systemClock();

// A clock that moves when told to: for tests, users' tests included.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time start = Time(std::chrono::seconds(1'700'000'000)))
      : now_(start.time_since_epoch().count()) {}

  Time now() const override { return Time(Duration(now_.load())); }
  BootTime bootTime() const override { return BootTime(Duration(boot_.load())); }

  // Moves both clocks.
  void advance(Duration by) {
    now_ += by.count();
    boot_ += by.count();
  }
  // Somebody set the wall clock; bootTime does not notice.
  void setWallClock(Time time) { now_ = time.time_since_epoch().count(); }

 private:
  std::atomic<Duration::rep> now_;
  std::atomic<Duration::rep> boot_{1'000'000'000};
};

// Unix seconds with fractions, as records and scores hold times.
inline double unixSeconds(Time time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}
// Beyond what a Time holds: the nearest that it does.
Time timeFromUnixSeconds(double seconds);

}  // namespace leptir
