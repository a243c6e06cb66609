// leptir push
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "base/traceparent.h"
#include "broker/task_to_push.h"
#include "cli/commands.h"
#include "cli/id_printer.h"
#include "cli/line_pusher.h"
#include "cli/print.h"
#include "cli/push_line.h"
#include "cli/push_time.h"
#include "cli/push_warnings.h"
#include "cli/task_waiter.h"
#include "cli/time_option.h"
#include "config/assemble.h"
#include "meta/record_waiter.h"

namespace leptir::cli {
namespace {

constexpr std::size_t kMaxTasksPerPush = 1000;

int printUsageError(const PushCommand& command, const Error& error) {
  printError("{} push: {}", command.program, error.message());
  printError("Try: {} push --help", command.program);
  return base::kExitUsageError;
}

// The span of the calling program. The user did not type it, so an invalid one is a warning, not an error of the
// command line.
std::string traceparentOfEnvironment() {
  const char* const text = std::getenv("TRACEPARENT");
  if (text == nullptr || *text == '\0') return {};
  if (base::Traceparent::parse(text)) return text;
  printError("leptir push: the environment variable TRACEPARENT is ignored: {}", base::invalidTraceparentMessage(text));
  return {};
}

Result<PushOptions> pushOptionsOf(const PushCommand& command) {
  PushOptions options;
  options.delay = parseDelay(command.delaySeconds).value_or(Duration{});
  options.priority = command.priority;
  options.timeLimitSeconds = command.timeLimit;
  options.maxAttempts = command.maxAttempts;
  options.id = command.id;
  options.broker = command.broker;
  options.traceparent = command.traceparent.empty() ? traceparentOfEnvironment() : command.traceparent;
  if (!command.traceparent.empty() && !base::Traceparent::parse(command.traceparent))
    return Error(ErrorCode::Invalid, "--traceparent: " + base::invalidTraceparentMessage(command.traceparent));
  if (!command.at.empty()) {
    auto time = readTime(command.at, systemClock().now(), UnsignedDuration::IsRefused);
    if (!time) return time.error().in("--at");
    options.timeOfExecution = *time;
  }
  if (!command.expires.empty()) {
    if (auto set = setExpiry(command.expires, options); !set) return set.error().in("--expires");
  }
  return options;
}

// Refuses options of the command line that would make every line invalid, before the first line is read.
Result<void> checkDefaults(const Broker& broker, const PushOptions& options) {
  if (const auto index = broker.brokerFor(options); !index) return index.error();
  return broker::checkOptions(options, systemClock());
}

std::string warningIfOwnIdIsBuried(Broker& broker, const PushOptions& options) {
  const auto index = broker.brokerFor(options);
  if (options.id.empty() || !index) return {};
  const auto buried = buriedWarnings(broker, *index, {&options.id, 1});
  return buried.empty() ? std::string() : buried.begin()->second;
}

std::string describeRest(std::uint64_t number, std::uint64_t left) {
  return fmt::format("{} of the {} tasks were added; push the others with --number={}", number - left, number, left);
}

int failMidway(const Error& error, std::uint64_t number, std::uint64_t left) {
  if (number == 1) return fail(error);
  return fail(Error(error.code(), error.message() + "; before this error " + describeRest(number, left)));
}

// The ids cannot be printed any more, as stderr says.
int stopMidway(std::uint64_t number, std::uint64_t left) {
  if (left > 0) printError("leptir push: {}", describeRest(number, left));
  return base::kExitPartlyDone;
}

int pushCopies(Broker& broker, const PushCommand& command, const TaskToPush& task, PushObserver& observer) {
  if (!task.options.id.empty()) observer.beforePush({&task.options.id, 1});
  for (std::uint64_t left = command.number; left > 0;) {
    const auto batch = std::min<std::uint64_t>(left, kMaxTasksPerPush);
    auto ids = broker.pushTasks(std::vector<TaskToPush>(batch, task));
    if (!ids) return failMidway(ids.error(), command.number, left);
    if (const auto why = warningIfOwnIdIsBuried(broker, task.options); !why.empty()) {
      return fail(Error(ErrorCode::Invalid, why));
    }
    left -= batch;
    if (!observer.afterPush(*ids)) return stopMidway(command.number, left);
  }
  return base::kExitDone;
}

// The push of a command, whatever becomes of the ids.
struct Push {
  const PushCommand& command;
  Broker& broker;
  NameCheck names;
  TaskToPush task;

  int run(PushObserver& observer) {
    if (auto fine = checkDefaults(broker, task.options); command.fromStdin && !fine)
      return fail(
          fine.error().in("nothing was pushed: the options of the command line, which apply to every line of stdin"));
    if (command.fromStdin) return LinePusher(broker, names, observer, std::move(task.options)).run();
    if (const auto warning = names.warningAbout(command.name); !warning.empty()) {
      printError("leptir push: {}", warning);
    }
    return pushCopies(broker, command, task, observer);
  }
};

int refuseToWait() {
  printError("leptir push: nothing was pushed, since --wait cannot work: {}; or push without --wait",
             meta::kCannotWait);
  return base::kExitConfigError;
}

RecordStyle styleOf(const PushCommand& command) {
  if (command.quiet) return RecordStyle::Nothing;
  const bool isOne = !command.fromStdin && command.number == 1;
  if (isOne) return command.text ? RecordStyle::WholeText : RecordStyle::WholeJson;
  return command.text ? RecordStyle::TextLines : RecordStyle::JsonLines;
}

std::string infoCommandOf(const PushCommand& command) {
  const auto config = command.config.empty() ? std::string() : " --config=" + command.config.string();
  return command.program + " info" + config;
}

// Whether the stores say that no instance is there to run a task. One that cannot list its sessions does not say so.
bool knowsOfNoInstance(Broker& broker) {
  for (std::size_t i = 0; i < broker.size(); ++i) {
    auto store = broker.access(i);
    if (!store) return false;
    const auto sessions = (*store)->keeper().listSessions({.offset = 0, .limit = 1});
    if (!sessions || !sessions->empty()) return false;
  }
  return true;
}

void warnIfNoInstanceRuns(Broker& broker, const PushCommand& command) {
  if (!knowsOfNoInstance(broker)) return;
  const auto config = command.config.empty() ? std::string() : " --config=" + command.config.string();
  printError("leptir push: waiting, but no instance runs that could take the task; to start one: {} start{}",
             command.program, config);
}

}  // namespace

int runCommand(const PushCommand& command, const Program& program) {
  std::signal(SIGPIPE, SIG_IGN);  // when the reader of the ids closes the pipe, print the error instead of dying
  if (auto open = checkOutput(command.quiet, command.wait ? "records" : "ids"); !open) return fail(open.error());
  if (auto open = LineReader::checkReadable(STDIN_FILENO); command.fromStdin && !open) return fail(open.error());
  auto options = pushOptionsOf(command);
  if (!options) return printUsageError(command, options.error());
  TaskToPush task{.name = command.name, .options = *options};
  auto parameters = parseParameters(command.json, command.parameters);
  if (!parameters) return printUsageError(command, parameters.error());
  task.parametersText = std::move(*parameters);

  const auto config = readConfig(command.config, program);
  if (!config) return base::kExitConfigError;
  if (command.wait && config->metaStorages.empty()) return refuseToWait();
  const config::Stores stores(*config);
  auto broker = stores.openBroker(BrokerUse::Push);
  if (!broker) return failStore(broker.error());
  Push push{command, *broker, NameCheck(program, *config), std::move(task)};
  if (!command.wait) {
    IdPrinter printer(command.quiet);
    return push.run(printer);
  }
  auto storages = stores.openMetaStorage(MetaUse::Inspect);
  if (!storages) return failStore(storages.error());
  TaskWaiter waiter(std::move(*storages), styleOf(command), infoCommandOf(command));
  const int pushed = push.run(waiter);
  const int ended = waiter.finish(*command.wait, [&] { warnIfNoInstanceRuns(*broker, command); });
  return pushed != base::kExitDone ? pushed : ended;
}

}  // namespace leptir::cli
