// leptir cancel
#include <pwd.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/print.h"
#include "config/assemble.h"
#include "dispatcher/record_history.h"
#include "dispatcher/settlement.h"
#include "task/envelope.h"

namespace leptir {
namespace {

std::string hostName() {
  char name[256] = {};
  ::gethostname(name, sizeof name - 1);
  return name;
}

// user@host, as the record says it.
std::string whoAsks() {
  const auto* user = ::getpwuid(::geteuid());
  return (user != nullptr ? std::string(user->pw_name) : std::to_string(::geteuid())) + "@" + hostName();
}

// What a dispatcher would have recorded, had the task been its own. Earlier runs of the task stay in its history.
Result<void> recordCancelled(const Config& config, const FoundTask& found, const std::string& by) {
  auto storage = openMetaStorage(config);
  if (!storage) return storage.error();
  const auto now = systemClock().now();
  HeldTask task{.counters = found.counters};
  // A lease number of now: later than every attempt before, earlier than whoever pushes the id again.
  task.lease.number = static_cast<std::uint64_t>(now.time_since_epoch().count());
  if (auto head = decodeEnvelope(found.envelope)) task.head = std::move(*head);
  task.head.id = found.id;
  auto settlement = settleCancelled(task, found.envelope, by, now, {hostName(), ::getpid()});
  Result<void> saved;
  for (const auto& entry : storage->storages()) {
    auto record = *settlement.record;
    auto one = saveWithHistory(*entry.storage, {&record, 1});
    if (!one && saved) saved = one.error().in("meta storage " + entry.name);
  }
  return saved;
}

// The record of a buried task says why it failed, so it is left as it is.
int sayRemovedBuried(const FoundTask& found) {
  printLine("Removed {} from the buried tasks ({}). Its record, where there is one, is unchanged.", found.id,
            found.reason);
  return kDone;
}

int sayRemoved(const Config& config, const FoundTask& found, const std::string& by) {
  if (found.state == TaskState::Buried) return sayRemovedBuried(found);
  if (auto recorded = recordCancelled(config, found, by); !recorded) {
    fail(recorded.error().in("the task is cancelled, but its record could not be saved"));
    return kPartlyDone;
  }
  printLine("Cancelled {}: it waited, and is taken out of the queue.", found.id);
  return kDone;
}

constexpr std::size_t kRecoveredAtOnce = 1000;
constexpr int kMostRounds = 100;

// What a dead instance holds waits again, as after the look of any instance. An error is left to the cancel itself.
void recoverWhatIsOver(SimpleBroker& broker) {
  for (int round = 0; round < kMostRounds; ++round) {
    const auto recovered = broker.recoverExpired(kRecoveredAtOnce);
    if (!recovered || *recovered < kRecoveredAtOnce) break;
  }
  for (const auto& notice : broker.takeNotices()) printError("leptir: {}", notice);
}

// Only a holder that lives can be asked to end a task.
Result<FoundTask> findAfterRecovery(SimpleBroker& broker, const std::string& id) {
  auto found = broker.keeper().find(id);
  if (!found || found->state != TaskState::Leased) return found;
  recoverWhatIsOver(broker);
  return broker.keeper().find(id);
}

// NotFound: not in this broker.
Result<int> cancelIn(SimpleBroker& broker, const CancelCommand& command, const Config& config) {
  const auto found = findAfterRecovery(broker, command.id);
  if (!found) return found.error();
  const auto by = whoAsks();
  const auto cancelled = broker.keeper().cancel(command.id, by);
  if (!cancelled) return cancelled.error();
  if (*cancelled == Cancelled::Removed) return sayRemoved(config, *found, by);
  printLine("Asked the instance that runs {} to end it; leptir info tells when it has.", command.id);
  return kDone;
}

}  // namespace

// One that cannot be asked keeps nobody from asking the next; but "nothing to cancel" is said only when all have
// answered.
int runCommand(const CancelCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  auto broker = openBroker(*config, BrokerUse::Look);
  if (!broker) return failStore(broker.error());
  Error none(ErrorCode::NotFound, "no task '" + command.id + "' waits or runs: nothing to cancel");
  for (std::size_t i = 0; i < broker->size(); ++i) {
    auto store = broker->access(i);
    const auto done = store ? cancelIn(**store, command, *config) : Result<int>(store.error());
    if (done) return *done;
    if (done.error().code() == ErrorCode::NotFound || none.code() == ErrorCode::Unavailable) continue;
    none = done.error().code() == ErrorCode::Unsupported
               ? Error(ErrorCode::Unsupported, "task '" + command.id + "' may wait in a broker that cannot cancel")
               : done.error();
  }
  const bool isAboutTheTask = none.code() == ErrorCode::NotFound || none.code() == ErrorCode::Unsupported;
  return isAboutTheTask ? fail(none) : failStore(none);
}

}  // namespace leptir
