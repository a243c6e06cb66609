// Times and clocks. Clock::now is the wall clock, for records and messages; Clock::bootTime measures waits and
// deadlines. Code that reads the time takes a Clock, so that a test can use a ManualClock.
#pragma once

#include <atomic>
#include <chrono>

namespace leptir {

using Duration = std::chrono::microseconds;

// Wall-clock time, UTC. It jumps when the machine's clock is set.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Time since the machine started, including time in suspend (CLOCK_BOOTTIME). It never goes back, and has no meaning on
// another machine.
struct BootClock {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<BootClock, Duration>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

// Any thread may call the functions of a clock.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual BootTime bootTime() const = 0;
};

// The machine's clocks. The object lives as long as the program.
const Clock& systemClock();

// A clock that moves only when advance or setWallClock is called: for tests, also those of users.
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
  // Simulates that the machine's wall clock was set; bootTime does not change.
  void setWallClock(Time time) { now_ = time.time_since_epoch().count(); }

 private:
  std::atomic<Duration::rep> now_;
  std::atomic<Duration::rep> boot_{1'000'000'000};
};

// Unix time in seconds with fractions, as records and the scores of Redis's sorted sets have it.
inline double unixSeconds(Time time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}
// The inverse; a number outside the range of Time gives the nearest Time.
Time timeFromUnixSeconds(double seconds);

}  // namespace leptir
