// leptir cancel
#include <pwd.h>
#include <unistd.h>

#include "base/host_name.h"
#include "broker/dead_sessions.h"
#include "cli/commands.h"
#include "cli/print.h"
#include "config/assemble.h"
#include "settlement/record_history.h"
#include "settlement/settlement.h"

namespace leptir::cli {
namespace {

// user@host, which the record shows as `cancelledBy`.
std::string userAtHost() {
  const auto* user = ::getpwuid(::geteuid());
  return (user != nullptr ? std::string(user->pw_name) : std::to_string(::geteuid())) + "@" + base::hostName();
}

// Saves the record that a dispatcher would save for a cancelled task, with the task's earlier runs as its history.
Result<void> recordCancelled(const Config& config, const FoundTask& found, const std::string& by) {
  auto storages = openMetaStorage(config);
  if (!storages) return storages.error();
  const auto now = systemClock().now();
  const auto settled = settlement::settlementOfCancelled(settlement::asHeldTask(found, now), found.envelope, by, now,
                                                         {.host = base::hostName(), .pid = ::getpid()});
  return settlement::saveEverywhere(*storages, *settled.record);
}

// Leaves the record of a buried task unchanged: it says why the task failed.
int printRemovedBuried(const FoundTask& found) {
  printLine("Removed {} from the buried tasks ({}). Its record, where there is one, is unchanged.", found.id,
            found.reason);
  return base::kExitDone;
}

int recordAndPrintRemoved(const Config& config, const FoundTask& found, const std::string& by) {
  if (found.state == TaskState::Buried) return printRemovedBuried(found);
  if (auto recorded = recordCancelled(config, found, by); !recorded) {
    fail(recorded.error().in("the task is cancelled, but its record could not be saved"));
    return base::kExitPartlyDone;
  }
  printLine("Cancelled {}: the waiting task is taken out of the queue.", found.id);
  return base::kExitDone;
}

// Returns the tasks of dead instances to the queue, as every running instance does from time to time. Errors are
// ignored here: the cancel that follows meets them too.
void recoverAllDeadSessions(SimpleBroker& broker) {
  constexpr int kMostRecoverySteps = 100;
  for (int step = 0; step < kMostRecoverySteps; ++step) {
    const auto recovered = broker::recoverDeadSessions(broker, printNoticeLine);
    if (!recovered || !recovered->mayBeMore) return;
  }
}

// Looks for the task; if a dead instance holds it, recovers it first: only a living instance can be asked to end it.
Result<FoundTask> findAfterRecovery(SimpleBroker& broker, const std::string& id) {
  auto found = broker.keeper().find(id);
  if (!found || found->state != TaskState::Leased) return found;
  recoverAllDeadSessions(broker);
  return broker.keeper().find(id);
}

// NotFound: the task is not in this broker.
Result<int> cancelIn(SimpleBroker& broker, const CancelCommand& command, const Config& config) {
  const auto found = findAfterRecovery(broker, command.id);
  if (!found) return found.error();
  const auto by = userAtHost();
  const auto cancelled = broker.keeper().cancel(command.id, by);
  if (!cancelled) return cancelled.error();
  if (*cancelled == CancelResult::Removed) return recordAndPrintRemoved(config, *found, by);
  printLine("Asked the instance that runs {} to end it; 'leptir info' shows when it has ended.", command.id);
  return base::kExitDone;
}

}  // namespace

// Asks every broker. A broker that cannot be used does not stop the search, but "nothing to cancel" is printed only if
// every broker has answered.
int runCommand(const CancelCommand& command, const Program& program) {
  const auto config = readConfig(command.config, program);
  if (!config) return base::kExitConfigError;
  auto broker = config::Stores(*config).openBroker(BrokerUse::Inspect);
  if (!broker) return failStore(broker.error());
  Error none(ErrorCode::NotFound, "no task '" + command.id + "' waits or runs: nothing to cancel");
  for (std::size_t i = 0; i < broker->size(); ++i) {
    auto store = broker->access(i);
    const auto done = store ? cancelIn(**store, command, *config) : Result<int>(store.error());
    if (done) return *done;
    if (done.error().code() == ErrorCode::NotFound || none.code() == ErrorCode::Unavailable) continue;
    none = done.error().code() == ErrorCode::Unsupported
               ? Error(ErrorCode::Unsupported, "task '" + command.id + "' may wait at broker " + broker->name(i) +
                                                   ", where it cannot be cancelled: " + done.error().message())
               : done.error();
  }
  const bool isAboutTheTask = none.code() == ErrorCode::NotFound || none.code() == ErrorCode::Unsupported;
  return isAboutTheTask ? fail(none) : failStore(none);
}

}  // namespace leptir::cli
