// The test tasks, which every program has so that users can try leptir: those of PHP leptir, and the tasks crash and
// hang.
#include "leptir/task_registry.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string_view>

namespace leptir {
namespace {

constexpr const char* kMessage = "Very nice! How much?";

class NoopTask final : public BaseTask {
  ExitStatus doJob() override { return ExitStatus::Success; }
};

class SleepTask final : public BaseTask {
  ExitStatus doJob() override {
    const double seconds = getFloat("seconds", 1.0);
    logInfo("Sleeping for " + Json(seconds).dump() + " s");
    changeState("sleeping");
    sleepFor(seconds);
    if (stopToken().stopRequested()) {
      addResponseLine("Task was woken before its time.");
      return ExitStatus::Warning;
    }
    addResponseLine("Task had a great nap.");
    return ExitStatus::Success;
  }

  // Returns early when the stop token fires. A signal does not end the sleep.
  void sleepFor(double seconds) const {
    using Clock = std::chrono::steady_clock;
    const std::chrono::duration<double> length(std::clamp(seconds, 0.0, 1e9));
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(length);
    while (!stopToken().stopRequested() && Clock::now() < end) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
      pollfd stop{stopToken().descriptor(), POLLIN, 0};
      ::poll(&stop, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    }
  }
};

class FailTask final : public BaseTask {
  ExitStatus doJob() override {
    logInfo("Triggering an error.");
    addResponseLine(kMessage);
    return ExitStatus::Error;
  }
};

class ThrowTask final : public BaseTask {
  ExitStatus doJob() override { throw std::runtime_error(kMessage); }
};

class CrashTask final : public BaseTask {
  // Without sanitizer checks, which would print a report instead of the intended crash.
  __attribute__((no_sanitize("null"))) ExitStatus doJob() override {
    volatile int* volatile nowhere = nullptr;  // volatile, so that the compiler keeps the access
    *nowhere = 1;
    return ExitStatus::Success;
  }
};

class HangTask final : public BaseTask {
  ExitStatus doJob() override {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, nullptr);
    for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_IGN);
    while (true) ::pause();
  }
};

}  // namespace

void addTestTasks(TaskRegistry& tasks) {
  tasks.add<NoopTask>("noop");
  tasks.add<SleepTask>("sleep");
  tasks.add<FailTask>("fail");
  tasks.add<ThrowTask>("throw");
  tasks.add<CrashTask>("crash");
  tasks.add<HangTask>("hang");
}

bool isTestTask(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kNames{"noop", "sleep", "fail", "throw", "crash", "hang"};
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace leptir
