// leptir stop
#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>
#include <utility>

#include "base/duration_text.h"
#include "base/saturated.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "cli/whereabouts.h"
#include "master/pid_file.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// PHP leptir's words and dots.
class Patience {
 public:
  Patience() {
    std::cout << "Stopping a little butterfly. You'll have to wait for all the tasks to finish though.\n" << std::flush;
  }
  ~Patience() { std::cout << std::endl; }
};

// "1 running task: sleep 01a2…, for 12 s".
std::string whatItWaitsFor(const BoardInstance& instance) {
  constexpr int kMostTasks = 3;
  auto text = instance.waitsFor.empty() ? "its processes to end" : instance.waitsFor;
  int tasks = 0;
  for (const auto& worker : instance.workers) {
    if (!worker.busy || ++tasks > kMostTasks) continue;
    text += (tasks == 1 ? ": " : "; ") + worker.taskName + " " + worker.taskId + ", for " +
            durationText(worker.seconds);
  }
  return text + (tasks > kMostTasks ? "; …" : "");
}

std::string howToHasten(int pid) {
  return "To end running tasks at once: kill -QUIT " + std::to_string(pid);
}

// Told once a minute, and whenever it waits for something else.
class Explanation {
 public:
  explicit Explanation(const InstanceFiles& files) : files_(files) {}
  void tell(int pid) {
    const auto found = findInstance(files_);
    if (!found || !*found) return;
    const auto& instance = *found;
    if (instance->state != InstanceState::Stopping) return;
    const bool isNew = std::exchange(told_, instance->waitsFor) != instance->waitsFor;
    if (!isNew && ++seconds_ % 60 != 0) return;
    printLine("");  // after the dots
    printLine("It waits for {}. {}", whatItWaitsFor(*instance), howToHasten(pid));
    std::cout << std::flush;
  }

 private:
  const InstanceFiles& files_;
  std::string told_;
  int seconds_ = 0;
};

int wait(const HoldingProcess& process, const InstanceFiles& files, std::optional<double> timeout) {
  auto left = timeout ? durationFromSeconds(*timeout) : Duration::max();
  Explanation explanation(files);
  while (!process.waitUntilGone(std::min<Duration>(left, 1s))) {
    left -= std::min<Duration>(left, 1s);
    if (left <= Duration::zero()) {
      const auto found = findInstance(files);
      printError("leptir: it still runs after {}{}. {}", durationText(*timeout),
                 found && *found ? " and waits for " + whatItWaitsFor(**found) : std::string(),
                 howToHasten(process.pid()));
      return kPartlyDone;
    }
    explanation.tell(process.pid());
    std::cout << '.' << std::flush;
  }
  return kDone;
}

// Also says what is wrong with the configuration: a mistyped path is a likely reason why nothing is found.
int sayThatNothingRuns(const std::filesystem::path& config) {
  printError("Leptir process is not running. Nothing to stop here.");
  [[maybe_unused]] const auto read = readConfig(config);
  return kNotRunning;
}

}  // namespace

int runCommand(const StopCommand& command, const Program&) {
  const auto asked = instanceFilesOf(command.config, command.pid);
  if (!asked) return fail(asked.error());
  const auto files = filesOfRunning(*asked);
  const auto process = HoldingProcess::find([&files] { return masterOf(files); });
  if (!process) return fail(process.error());
  if (!*process) return sayThatNothingRuns(command.config);
  if (auto signalled = (*process)->signal(SIGTERM); !signalled) return fail(signalled.error());
  const Patience patience;
  return wait(**process, files, command.timeout);
}

}  // namespace leptir
