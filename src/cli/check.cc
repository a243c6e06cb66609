// leptir check
#include <algorithm>
#include <iostream>

#include "base/duration_text.h"
#include "base/listen_address.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "config/assemble.h"
#include "config/descriptor_limit.h"
#include "config/state_paths.h"
#include "dispatcher/store_needs.h"
#include "instance/metrics_server.h"
#include "instance/program_check.h"
#include "instance/tracing.h"
#include "log/log_file.h"

namespace leptir::cli {
namespace {

const char* yesOrNo(bool can) {
  return can ? "yes" : "no";
}

std::string_view latencyText(BrokerTraits::CancelLatency reach) {
  switch (reach) {
    case BrokerTraits::CancelLatency::WithinASecond:
      return "within a second";
    case BrokerTraits::CancelLatency::AtRenewal:
      return "at the next renewal";
    case BrokerTraits::CancelLatency::Never:
      return "never";
  }
  return "";
}

void print(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) printLine("    warning: {}", warning);
}

void print(const BrokerTraits& traits) {
  const auto line = [](std::string_view what, std::string_view answer) { printLine("    {:<38} {}", what, answer); };
  line("starts the earliest task first", yesOrNo(traits.keepsOrder));
  line("times of execution are exact to", base::durationText(traits.duePrecision));
  line("pushes all of a list or none", yesOrNo(traits.pushesAtomically));
  line("refuses an id that is in the queue", yesOrNo(traits.refusesRepeatedIds));
  line("exact counts", yesOrNo(traits.counts == BrokerTraits::Counts::Exact));
  line("finds tasks by id (info)", yesOrNo(traits.findsById));
  line("lists its tasks by filters", yesOrNo(traits.listsTasks));
  line("changes times of execution", yesOrNo(traits.reschedules));
  line("pauses and orders for all instances", yesOrNo(traits.keepsFleet));
  line("keeps buried tasks", traits.keepsBuried ? "yes" : "no: their records do");
  line("a push wakes an idle instance", !traits.wakesWaiters ? "no" : traits.everyPushWakes ? "yes" : "by leptir");
  line("when a running task learns of a cancel", latencyText(traits.cancel));
  if (traits.longestLease != Duration::zero())
    line("longest time limit of a task", base::durationText(dispatcher::longestTimeLimit(traits)));
  line("largest task", fmt::format("{} bytes", traits.largestEnvelope));
  line("when a dead instance's tasks return",
       traits.sessionsExpire ? "when its lease has expired" : "an instance returns them within 10 s, or at its start");
  line("durability", traits.durability);
  print(traits.warnings);
}

void print(const MetaTraits& traits) {
  printLine("    {:<38} {}", "lists records",
            traits.lists ? (traits.listsSuccesses ? "all" : "those that did not succeed") : "no");
  printLine("    {:<38} {}", "durability", traits.durability);
  print(traits.warnings);
}

// Prints whether the store can be used. A store that does not exist yet counts as usable if it can be created.
template <class Opened, class Traits>
int printStore(std::string_view kind, const std::string& name, const Opened& opened, const Traits& traitsWhenNew) {
  const auto usable = opened ? (*opened)->checkRights() : Result<void>(opened.error());
  const bool isNew = !usable && usable.error().code() == ErrorCode::NotFound;
  if (!usable && !isNew) {
    printLine("{} {}: {}", kind, name, usable.error().message());
    return base::kExitStoreUnusable;
  }
  printLine("{} {}: works{}", kind, name, isNew ? "; " + usable.error().message() : "");
  print(isNew ? traitsWhenNew : (*opened)->traits());
  return base::kExitDone;
}

// Prints what an instance of this configuration needs and the broker cannot do.
int printUnmetNeeds(const Config& config, const std::string& name, const BrokerTraits& traits) {
  const auto needs =
      dispatcher::storeNeeds(config.daemon.taskExecutionTime, config.rules, !config.metaStorages.empty());
  const auto able = dispatcher::checkNeeds(needs, traits);
  if (able) return base::kExitDone;
  printLine("broker {}: {}", name, able.error().message());
  return base::kExitConfigError;
}

// Checks every store; returns the largest of their exit statuses.
int printStores(const Config& config) {
  int status = base::kExitDone;
  const config::Stores stores(config);
  const auto brokers = stores.brokerFactories(BrokerUse::Inspect);
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    const auto opened = brokers[i].open();
    status = std::max(status, printStore("broker", brokers[i].name, opened, stores.traitsOfNewBroker(i)));
    if (opened) status = std::max(status, printUnmetNeeds(config, brokers[i].name, (*opened)->traits()));
  }
  const auto storages = stores.metaStorageFactories(MetaUse::Inspect);
  for (std::size_t i = 0; i < storages.size(); ++i)
    status = std::max(status,
                      printStore("meta storage", storages[i].name, storages[i].open(), stores.traitsOfNewStorage(i)));
  return status;
}

// Which reporter it is; it is not called, since it would send a report.
std::string reporterText(const Config::ErrorReporter& reporter) {
  auto text = reporter.className.empty() ? "type " + reporter.type : "class " + reporter.className;
  if (reporter.timeLimit > Duration::zero())
    text += ", at most " + base::durationText(reporter.timeLimit) + " for each report";
  return text;
}

// Where the metrics are served; empty: nowhere.
std::string metricsText(const Config& config) {
  const auto address = base::parseListenAddress(config.metrics.listen);
  if (!address || instance::whyNoMetricsServer(config)) return "";
  if (address->isUnix()) return "served at " + address->text();
  return "served at http://" + address->text() + "/metrics" +
         (base::isLocalOnly(*address) ? "" : ", also for other machines: names of tasks and brokers can be read there");
}

// Prints where spans would go; none is sent. Returns the exit status.
int printTracing(const Config& config) {
  if (const auto fine = instance::checkTracing(config); !fine) {
    printLine("{}", fine.error().message());
    return base::kExitConfigError;
  }
  printLine("tracing: spans of tasks with a sampled traceparent, and of {} % of the others, go to {} as service {}",
            config.tracing.sample * 100, tracing::originOf(instance::tracingSettingsOf(config).collector),
            config.tracing.serviceName);
  return base::kExitDone;
}

// Checks what `start` needs besides stores: enough descriptors, and a folder for the pid file.
int printStartProblems(const Config& config) {
  int status = base::kExitDone;
  const auto tell = [&status](const Error& error, int exit) {
    printLine("start: {}", error.message());
    status = std::max(status, exit);
  };
  if (const auto raised = config::DescriptorLimit().raiseFor(config); !raised)
    tell(raised.error(), base::kExitConfigError);
  const auto pidFile = config::pidFileFor(config);
  const auto usable = pidFile ? config::checkFolderFor(*pidFile) : Result<void>(pidFile.error());
  if (!usable) tell(usable.error(), base::kExitPartlyDone);
  return status;
}

}  // namespace

int runCommand(const CheckCommand& command, const Program& program) {
  const auto config = readConfigWithReporters(command.config, program);
  if (!config) return base::kExitConfigError;
  int status = printStores(*config);
  if (config->metaStorages.empty()) printLine("meta storage: none, so nothing is recorded");
  if (const auto fine = instance::checkPrograms(*config, program); !fine) {
    printLine("{}", fine.error().message());
    status = std::max(status, base::kExitConfigError);
  }
  for (const auto& reporter : config->errorReporters)
    printLine("error reporter {}: {}", reporter.name, reporterText(reporter));
  if (const auto text = metricsText(*config); !text.empty()) printLine("metrics: {}", text);
  if (const auto why = instance::whyNoMetricsServer(*config)) {
    printLine("metrics: {}", *why);
    status = std::max(status, base::kExitConfigError);
  }
  if (!config->tracing.endpoint.empty()) status = std::max(status, printTracing(*config));
  for (const auto& sentence : instance::unusablePrograms(*config)) {
    printLine("{}", sentence);
    status = std::max(status, base::kExitConfigError);
  }
  if (const auto fine = log::checkLogFiles(config->loggers); !fine) {
    printLine("loggers: {}", fine.error().message());
    status = std::max(status, base::kExitConfigError);
  }
  status = std::max(status, printStartProblems(*config));
  std::cout << std::flush;
  return status;
}

}  // namespace leptir::cli
