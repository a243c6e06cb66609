// leptir stop
#include <algorithm>
#include <csignal>
#include <iostream>
#include <string>
#include <utility>

#include "base/duration_text.h"
#include "base/saturated.h"
#include "cli/commands.h"
#include "cli/instance_files.h"
#include "cli/instance_order.h"
#include "cli/print.h"
#include "master/process_handle.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

// Prints PHP leptir's sentence, and the line end after the dots of the wait.
class StoppingMessage {
 public:
  StoppingMessage() {
    std::cout << "Stopping a little butterfly. You'll have to wait for all the tasks to finish though.\n" << std::flush;
  }
  ~StoppingMessage() { endLine(); }

  void addDot() { std::cout << '.' << std::flush; }
  // What comes next, also on stderr, stands on a line of its own.
  void endLine() {
    if (!std::exchange(isLineEnded_, true)) std::cout << std::endl;
  }

 private:
  bool isLineEnded_ = false;
};

// For example "1 running task: sleep 01a2…, for 12 s".
std::string describeWait(const link::BoardInstance& instance) {
  constexpr int kMaxTasks = 3;
  auto text = instance.waitsFor.empty() ? "its processes to end" : instance.waitsFor;
  int tasks = 0;
  for (const auto& worker : instance.workers) {
    if (!worker.busy || ++tasks > kMaxTasks) continue;
    text += (tasks == 1 ? ": " : "; ") + worker.taskName + " " + worker.taskId + ", for " +
            base::durationText(worker.seconds);
  }
  return text + (tasks > kMaxTasks ? "; …" : "");
}

std::string hintToEndTasksAtOnce(int pid) {
  return "To end running tasks at once: kill -QUIT " + std::to_string(pid);
}

// Prints what the stopping instance waits for: when that changes, and once a minute.
class WaitingReport {
 public:
  explicit WaitingReport(const instance::InstanceFiles& files) : files_(files) {}
  void printIfDue(int pid) {
    const auto found = instance::findInstance(files_);
    if (!found || !*found) return;
    const auto& instance = *found;
    if (instance->state != link::InstanceState::Stopping) return;
    const bool isNew = std::exchange(reported_, instance->waitsFor) != instance->waitsFor;
    if (!isNew && ++seconds_ % 60 != 0) return;
    printLine("");  // ends the line of dots
    printLine("The instance waits for {}. {}", describeWait(*instance), hintToEndTasksAtOnce(pid));
    std::cout << std::flush;
  }

 private:
  const instance::InstanceFiles& files_;
  std::string reported_;
  int seconds_ = 0;
};

int wait(const master::ProcessHandle& process, const instance::InstanceFiles& files, std::optional<double> timeout,
         StoppingMessage& message) {
  auto left = timeout ? base::durationFromSeconds(*timeout) : Duration::max();
  WaitingReport report(files);
  while (!process.waitUntilGone(std::min<Duration>(left, 1s))) {
    left -= std::min<Duration>(left, 1s);
    if (left <= Duration::zero()) {
      const auto found = instance::findInstance(files);
      message.endLine();
      printNotice("the instance still runs after {}{}. {}", base::durationText(*timeout),
                  found && *found ? " and waits for " + describeWait(**found) : std::string(),
                  hintToEndTasksAtOnce(process.pid()));
      return base::kExitPartlyDone;
    }
    report.printIfDue(process.pid());
    message.addDot();
  }
  return base::kExitDone;
}

int stopByOrder(const StopCommand& command, const Program& program) {
  return runOrder({.command = "stop",
                   .config = command.config,
                   .instance = command.instance,
                   .order = {.kind = command.now ? InstanceOrder::Kind::StopNow : InstanceOrder::Kind::Stop},
                   .effect = command.now ? "ends its running tasks, gives them back and stops"
                                         : "stops when its running tasks have ended",
                   .json = command.json},
                  program);
}

}  // namespace

int runCommand(const StopCommand& command, const Program& program) {
  if (!command.instance.empty()) return stopByOrder(command, program);
  const auto asked = filesOfRunningInstance(command.config, command.pid);
  if (!asked) return fail(asked.error());
  const auto files = instance::runningInstanceFiles(*asked);
  const auto process = runningMasterOf(files);
  if (!process) return fail(process.error());
  if (!*process) return printNotRunning("stop", command.config, program);
  if (auto signalled = (*process)->signal(SIGTERM); !signalled) return fail(signalled.error());
  StoppingMessage message;
  return wait(**process, files, command.timeout, message);
}

}  // namespace leptir::cli
