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

namespace leptir {
namespace {

// What the error is about, when there is one: an exit status of its own.
enum class Fault { Store, Record };

// A store that is damaged as a whole answers nothing; one that says of another id that it has no record works.
bool answersOthers(MetaStorage& storage) {
  const auto other = storage.loadMetaInfoById("no such task");
  return other || other.error().code() == ErrorCode::NotFound;
}

Result<Json> recordIn(const Config::MetaStorage& storage, const std::string& id, Fault& fault) {
  Config alone;
  alone.metaStorages = {storage};
  auto opened = openMetaStorage(alone, MetaUse::Look);
  if (!opened) return opened.error();
  auto record = opened->loadMetaInfoById(id);
  if (!record && record.error().code() == ErrorCode::Corrupt && answersOthers(*opened)) fault = Fault::Record;
  return record;
}

// How often a task may still fail or succeed, where its pusher or the configuration asked for retries.
std::optional<std::uint32_t> attemptsLeft(const EnvelopeHead& head, const Counters& counters,
                                          const TaskRuleBook& rules) {
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

// What its broker knows of a task.
Result<Json> waitingIn(const Config::Broker& broker, const TaskRuleBook& rules, const std::string& id) {
  Config alone;
  alone.brokers = {broker};
  auto opened = openBroker(alone, BrokerUse::Look);
  if (!opened) return opened.error();
  auto store = opened->access(0);
  if (!store) return store.error();
  auto found = (*store)->keeper().find(id);
  if (!found) return found.error();
  const auto head = decodeEnvelope(found->envelope);
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

// One store after the other, until one has it. One that cannot be used keeps nobody from asking the next; but "not
// found" is said only when all have answered.
template <class Stores, class Ask>
Result<Json> askEach(const Stores& stores, const std::string& id, Ask ask) {
  Error none(ErrorCode::NotFound, "no task '" + id + "': it is in no queue, and no record is of it");
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
    return waitingIn(broker, config.rules, wanted);
  });
}

bool isInProgress(const Json& record) {
  return record.value("status", Json()) == static_cast<int>(TaskStatus::InProgress);
}

bool isRunning(const Json& record, const Json& waiting) {
  return isInProgress(record) && waiting.at("state") == nameOf(TaskState::Leased);
}

// A task that succeeded is in no queue; to look for it would search the whole queue of a Redis.
bool isOfSuccess(const Json& record) {
  const auto exit = record.value("retC", Json());
  return record.value("status", Json()) == static_cast<int>(TaskStatus::Completed) &&
         (exit == static_cast<int>(ExitStatus::Success) || exit == static_cast<int>(ExitStatus::Warning));
}

Result<Json> askMetaStorages(const Config& config, const std::string& id, Fault& fault) {
  return askEach(config.metaStorages, id, [&fault](const Config::MetaStorage& storage, const std::string& wanted) {
    return recordIn(storage, wanted, fault);
  });
}

// A record tells of the last run. Whether the task waits for its next one, is buried, or was given back, its broker
// knows. A run that is in progress, of a task that no broker has, ended between the two questions.
Result<Json> withItsPlace(const Config& config, const std::string& id, Json record, Fault& fault) {
  if (isOfSuccess(record)) return record;
  const auto waiting = askBrokers(config, id);
  if (!waiting && waiting.error().code() != ErrorCode::NotFound)
    fail(waiting.error().in("this is the record; whether the task waits again is not known"));
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
    return record ? withItsPlace(config, id, std::move(*record), fault) : record;
  };
  return findTask(recorded, [&] { return askBrokers(config, id); });
}

int failTo(const Error& error, Fault fault) {
  if (error.code() == ErrorCode::NotFound) return fail(error);
  const int status = failStore(error);
  return fault == Fault::Record ? kPartlyDone : status;
}

Error withHint(const Error& error, const Config& config) {
  if (error.code() != ErrorCode::NotFound || config.metaStorages.empty()) return error;
  return {error.code(), error.message() + " (records expire, see expire_after_seconds)"};
}

}  // namespace

int runCommand(const InfoCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  auto fault = Fault::Store;
  auto record = find(*config, command.id, fault);
  if (!record) {
    sayWhetherRecorded(*config);
    return failTo(withHint(record.error(), *config), fault);
  }
  std::cout << (command.text ? recordText(*record) : jsonForOutput(*record, 2) + '\n');
  return kDone;
}

}  // namespace leptir
