// leptir check
#include <algorithm>
#include <iostream>

#include "base/duration_text.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "config/assemble.h"
#include "config/state_paths.h"
#include "instance/descriptor_limit.h"
#include "instance/program_check.h"
#include "log/log_file.h"

namespace leptir {
namespace {

const char* yes(bool can) {
  return can ? "yes" : "no";
}

std::string_view nameOf(BrokerTraits::CancelReach reach) {
  switch (reach) {
    case BrokerTraits::CancelReach::WithinASecond:
      return "within a second";
    case BrokerTraits::CancelReach::AtRenewal:
      return "at the next renewal";
    case BrokerTraits::CancelReach::Never:
      return "never";
  }
  return "";
}

void print(const std::vector<std::string>& warnings) {
  for (const auto& warning : warnings) printLine("    warning: {}", warning);
}

void print(const BrokerTraits& traits) {
  const auto line = [](std::string_view what, std::string_view answer) { printLine("    {:<38} {}", what, answer); };
  line("earliest first, across instances", yes(traits.keepsOrder));
  line("pushes all of a list or none", yes(traits.pushesAtomically));
  line("refuses an id that is in the queue", yes(traits.refusesRepeatedIds));
  line("exact counts", yes(traits.counts == BrokerTraits::Counts::Exact));
  line("finds tasks by id (info)", yes(traits.findsById));
  line("a push wakes an idle instance", !traits.wakesWaiters ? "no" : traits.everyPushWakes ? "yes" : "by leptir");
  line("a running task learns of a cancel", nameOf(traits.cancel));
  line("largest task", fmt::format("{} bytes", traits.largestEnvelope));
  line("longest delay", traits.longestDelay ? durationText(*traits.longestDelay) + ", longer ones in hops" : "any");
  line("a dead instance's tasks come back", traits.sessionsExpire ? "when its lease has expired" : "at once");
  line("durability", traits.durability);
  print(traits.warnings);
}

void print(const MetaTraits& traits) {
  printLine("    {:<38} {}", "lists records",
            traits.lists ? (traits.listsSuccesses ? "all" : "those that did not succeed") : "no");
  printLine("    {:<38} {}", "durability", traits.durability);
  print(traits.warnings);
}

// One that is not made yet works as well: it could be made.
template <class Opened, class Traits>
int look(std::string_view kind, const std::string& name, const Opened& opened, const Traits& traitsWhenNew) {
  const auto usable = opened ? (*opened)->tryRights() : Result<void>(opened.error());
  const bool isNew = !usable && usable.error().code() == ErrorCode::NotFound;
  if (!usable && !isNew) {
    printLine("{} {}: {}", kind, name, usable.error().message());
    return kStoreUnusableCode;
  }
  printLine("{} {}: works{}", kind, name, isNew ? "; " + usable.error().message() : "");
  print(isNew ? traitsWhenNew : (*opened)->traits());
  return kDone;
}

// The worst exit status wins.
int lookAtStores(const Config& config) {
  int status = kDone;
  const Stores stores(config);
  const auto brokers = stores.brokerSeats(BrokerUse::Look);
  for (std::size_t i = 0; i < brokers.size(); ++i)
    status = std::max(status, look("broker", brokers[i].name, brokers[i].open(), stores.traitsOfNewBroker(i)));
  const auto storages = stores.metaSeats(MetaUse::Look);
  for (std::size_t i = 0; i < storages.size(); ++i)
    status = std::max(status, look("meta storage", storages[i].name, storages[i].open(), stores.traitsOfNewStorage(i)));
  return status;
}

// What a start needs besides its stores: descriptors, and a place for the pid file.
int lookAtStart(const Config& config) {
  int status = kDone;
  const auto tell = [&status](const Error& error, int exit) {
    printLine("start: {}", error.message());
    status = std::max(status, exit);
  };
  if (const auto raised = DescriptorLimit().raiseFor(config); !raised) tell(raised.error(), kConfiguration);
  const auto pidFile = pidFileFor(config);
  const auto usable = pidFile ? checkFolderFor(*pidFile) : Result<void>(pidFile.error());
  if (!usable) tell(usable.error(), kPartlyDone);
  return status;
}

}  // namespace

int runCommand(const CheckCommand& command, const Program& program) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  int status = lookAtStores(*config);
  if (config->metaStorages.empty()) printLine("meta storage: none, so nothing is recorded");
  if (const auto fine = checkPrograms(*config, program); !fine) {
    printLine("{}", fine.error().message());
    status = std::max<int>(status, kConfiguration);
  }
  for (const auto& sentence : unusablePrograms(*config)) {
    printLine("{}", sentence);
    status = std::max<int>(status, kConfiguration);
  }
  if (const auto fine = checkLogFiles(config->loggers); !fine) {
    printLine("loggers: {}", fine.error().message());
    status = std::max<int>(status, kConfiguration);
  }
  status = std::max(status, lookAtStart(*config));
  std::cout << std::flush;
  return status;
}

}  // namespace leptir
