// leptir info
#include <algorithm>
#include <iostream>
#include <optional>

#include "cli/commands.h"
#include "cli/find_task.h"
#include "cli/json_output.h"
#include "cli/record_text.h"
#include "config/assemble.h"
#include "task/envelope.h"

namespace leptir::cli {
namespace {

// What an error concerns, a whole store or one record: they have different exit statuses.
enum class Fault { Store, Record };

// Whether the storage answers for another id: then only this record is damaged, not the whole store.
bool answersForOtherIds(MetaStorage& storage) {
  const auto other = storage.loadMetaInfoById("no such task");
  return other || other.error().code() == ErrorCode::NotFound;
}

Result<Json> recordIn(const Config::MetaStorage& storage, const std::string& id, Fault& fault) {
  Config alone;
  alone.metaStorages = {storage};
  auto opened = config::openMetaStorage(alone, MetaUse::Inspect);
  if (!opened) return opened.error();
  auto record = opened->loadMetaInfoById(id);
  if (!record && record.error().code() == ErrorCode::Corrupt && answersForOtherIds(*opened)) fault = Fault::Record;
  return record;
}

// How many more runs the task may have; nullopt if neither its pusher nor the configuration asked for retries.
std::optional<std::uint32_t> attemptsLeft(const task::EnvelopeHead& head, const Counters& counters,
                                          const TaskRulesByName& rules) {
  const auto ofName = rules.find(head.name);
  const auto configured = ofName == rules.end() ? std::nullopt : ofName->second.maxAttempts;
  const auto most = head.maxAttempts != 0 ? head.maxAttempts : configured.value_or(1);
  if (most <= 1) return std::nullopt;
  return most - std::min<std::uint32_t>(counters.failures, most);
}

std::string reasonOf(const FoundTask& found) {
  if (!found.reason.empty() || found.counters.unknown == 0) return found.reason;
  return "unknown name: no instance that leased it knew a task of its name; it waits for a program that does";
}

// What the broker knows of a task, as JSON with the keys of a record.
Result<Json> queuedTaskIn(const Config::Broker& broker, const TaskRulesByName& rules, const std::string& id) {
  Config alone;
  alone.brokers = {broker};
  auto opened = config::openBroker(alone, BrokerUse::Inspect);
  if (!opened) return opened.error();
  auto store = opened->access(0);
  if (!store) return store.error();
  auto found = (*store)->keeper().find(id);
  if (!found) return found.error();
  const auto head = task::decodeEnvelope(found->envelope);
  Json json{{"id", id},
            {"type", head ? Json(head->name) : Json(nullptr)},
            {"status", static_cast<int>(TaskStatus::Pending)},
            {"state", nameOf(found->state)},
            {"broker", broker.name},
            {"toex", unixSeconds(found->due)}};
  if (auto reason = reasonOf(*found); !reason.empty()) json["reason"] = std::move(reason);
  const bool waits = head && found->state != TaskState::Buried;
  if (const auto left = waits ? attemptsLeft(*head, found->counters, rules) : std::nullopt)
    json["attemptsLeft"] = *left;
  return json;
}

// Asks one store after the other until one has the task. A store that cannot be used does not stop the search, but
// NotFound is returned only if every store has answered.
template <class Configured, class Ask>
Result<Json> askEach(const std::vector<Configured>& stores, const std::string& id, Ask ask) {
  Error none(ErrorCode::NotFound, "no task '" + id + "': it is in no queue and has no record");
  for (const auto& store : stores) {
    auto answer = ask(store, id);
    if (answer) return answer;
    const auto code = answer.error().code();
    if (code != ErrorCode::NotFound && code != ErrorCode::Unsupported) none = answer.error();
  }
  return none;
}

Result<Json> askBrokers(const Config& config, const std::string& id) {
  return askEach(config.brokers, id, [&config](const Config::Broker& broker, const std::string& wanted) {
    return queuedTaskIn(broker, config.rules, wanted);
  });
}

bool isInProgress(const Json& record) {
  return record.value("status", Json()) == static_cast<int>(TaskStatus::InProgress);
}

bool isRunning(const Json& record, const Json& waiting) {
  return isInProgress(record) && waiting.at("state") == nameOf(TaskState::Leased);
}

// A task that succeeded is in no queue; looking for it would search the whole queue on Redis.
bool isSuccess(const Json& record) {
  const auto exit = record.value("retC", Json());
  return record.value("status", Json()) == static_cast<int>(TaskStatus::Completed) &&
         (exit == static_cast<int>(ExitStatus::Success) || exit == static_cast<int>(ExitStatus::Warning));
}

Result<Json> askMetaStorages(const Config& config, const std::string& id, Fault& fault) {
  return askEach(config.metaStorages, id, [&fault](const Config::MetaStorage& storage, const std::string& wanted) {
    return recordIn(storage, wanted, fault);
  });
}

// Adds the task's place in a queue to its record: the record describes the last run, and the broker knows whether the
// task waits again, is buried or was given back. If the record says "in progress" but no broker has the task, the run
// has ended between the two lookups, so the record is loaded again.
Result<Json> withPlaceInQueue(const Config& config, const std::string& id, Json record, Fault& fault) {
  if (isSuccess(record)) return record;
  const auto waiting = askBrokers(config, id);
  if (!waiting && waiting.error().code() != ErrorCode::NotFound)
    fail(waiting.error().in("showing the record, but whether the task waits again is not known"));
  if (!waiting) return isInProgress(record) ? askMetaStorages(config, id, fault) : record;
  if (isRunning(record, *waiting)) return record;
  for (const auto* key : {"state", "broker", "toex", "reason", "attemptsLeft"}) {
    if (waiting->contains(key)) record[key] = waiting->at(key);
  }
  return record;
}

Result<Json> find(const Config& config, const std::string& id, Fault& fault) {
  const auto recorded = [&]() -> Result<Json> {
    auto record = askMetaStorages(config, id, fault);
    return record ? withPlaceInQueue(config, id, std::move(*record), fault) : record;
  };
  return findTask(recorded, [&] { return askBrokers(config, id); });
}

int failWith(const Error& error, Fault fault) {
  if (error.code() == ErrorCode::NotFound) return fail(error);
  const int status = failStore(error);
  return fault == Fault::Record ? base::kExitPartlyDone : status;
}

Error withHint(const Error& error, const Config& config) {
  if (error.code() != ErrorCode::NotFound || config.metaStorages.empty()) return error;
  return {error.code(), error.message() + " (records expire, see expire_after_seconds)"};
}

}  // namespace

int runCommand(const InfoCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return base::kExitConfigError;
  auto fault = Fault::Store;
  auto record = find(*config, command.id, fault);
  if (!record) {
    warnIfNotRecorded(*config);
    return failWith(withHint(record.error(), *config), fault);
  }
  std::cout << (command.text ? recordText(*record) : jsonForOutput(*record, 2) + '\n');
  return base::kExitDone;
}

}  // namespace leptir::cli
