// leptir info
#include <algorithm>
#include <initializer_list>
#include <iostream>
#include <optional>

#include "base/task_names.h"
#include "cli/commands.h"
#include "cli/find_task.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/record_text.h"
#include "cli/store_wait.h"
#include "cli/task_text.h"
#include "config/assemble.h"
#include "leptir/operations.h"
#include "meta/record_keys.h"
#include "operations/record_log.h"
#include "task/envelope.h"
#include "task/log_text.h"

namespace leptir::cli {
namespace {

namespace key = meta::key;

// What an error concerns, a whole store or one record: they have different exit statuses.
enum class Fault { Store, Record };

// Whether the storage answers for another id: then only this record is damaged, not the whole store.
bool isStorageUsable(SimpleMetaStorage& storage) {
  const auto other = storage.loadMetaInfoById("no such task");
  return other || other.error().code() == ErrorCode::NotFound;
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
Result<Json> queuedTaskIn(SimpleBroker& broker, const std::string& name, const TaskRulesByName& rules,
                          const std::string& id) {
  auto found = broker.keeper().find(id);
  if (!found) return found.error();
  const auto head = task::decodeEnvelope(found->envelope);
  Json json{{key::kId, id},
            {key::kType, head ? Json(head->name) : Json(nullptr)},
            {key::kStatus, static_cast<int>(TaskStatus::Pending)},
            {"state", nameOf(found->state)},
            {"broker", name},
            {"toex", unixSeconds(found->due)}};
  if (auto reason = reasonOf(*found); !reason.empty()) json["reason"] = std::move(reason);
  if (head && head->pushedAt) json[key::kPushed] = unixSeconds(*head->pushedAt);
  json[key::kEnvelope] = found->envelope;
  const bool waits = head && found->state != TaskState::Buried;
  if (const auto left = waits ? attemptsLeft(*head, found->counters, rules) : std::nullopt)
    json["attemptsLeft"] = *left;
  return json;
}

bool isInProgress(const Json& record) {
  return record.value(key::kStatus, Json()) == static_cast<int>(TaskStatus::InProgress);
}

bool isStillRunning(const Json& record, const Json& waiting) {
  return isInProgress(record) && waiting.at("state") == nameOf(TaskState::Leased);
}

// A task that succeeded is in no queue; looking for it would search the whole queue on Redis.
bool isSuccess(const Json& record) {
  const auto exit = record.value(key::kReturnCode, Json());
  return record.value(key::kStatus, Json()) == static_cast<int>(TaskStatus::Completed) &&
         (exit == static_cast<int>(ExitStatus::Success) || exit == static_cast<int>(ExitStatus::Warning));
}

// Looks for one task in all stores of a configuration.
class TaskSearch {
 public:
  TaskSearch(const TaskRulesByName& rules, Broker brokers, MetaStorage storages)
      : rules_(rules), brokers_(std::move(brokers)), storages_(std::move(storages)) {}

  // The record of the task with its state in a queue, or that state alone.
  Result<Json> run(const std::string& id) {
    id_ = id;
    return findTask(
        [this]() -> Result<Json> {
          auto record = loadRecord();
          return record ? withQueueState(std::move(*record)) : record;
        },
        [this] { return findInQueues(); });
  }

  // After run() has failed: what the error concerns.
  Fault fault() const { return fault_; }

 private:
  // Asks one store after the other until one has the task. A store that cannot be used does not stop the search, but
  // NotFound is returned only if every store has answered.
  template <class Stores, class Ask>
  Result<Json> askEach(Stores& stores, Ask ask) {
    Error none(ErrorCode::NotFound, "no task '" + id_ + "': it is in no queue and has no record");
    std::optional<Error> unsupported;
    for (std::size_t i = 0; i < stores.size(); ++i) {
      const auto store = stores.access(i);
      auto answer = store ? ask(**store, stores.name(i)) : Result<Json>(store.error());
      if (answer) return answer;
      const auto code = answer.error().code();
      if (code == ErrorCode::Unsupported) unsupported = answer.error().in(stores.name(i));
      if (code != ErrorCode::NotFound && code != ErrorCode::Unsupported) none = answer.error();
    }
    if (!unsupported || none.code() != ErrorCode::NotFound) return none;
    return Error(ErrorCode::NotFound, "no task '" + id_ + "' is known, but it may wait at " + unsupported->message());
  }

  Result<Json> findInQueues() {
    return askEach(brokers_, [this](SimpleBroker& broker, const std::string& name) {
      return queuedTaskIn(broker, name, rules_, id_);
    });
  }

  Result<Json> loadRecord() {
    return askEach(storages_, [this](SimpleMetaStorage& storage, const std::string& name) -> Result<Json> {
      auto record = storage.loadMetaInfoById(id_);
      if (record) return record;
      if (record.error().code() == ErrorCode::Corrupt && isStorageUsable(storage)) fault_ = Fault::Record;
      return record.error().in("meta storage " + name);
    });
  }

  // Adds the task's state in a queue to its record: the record describes the last run, and the broker knows whether the
  // task waits again, is buried or was given back. If the record says "in progress" but no broker has the task, the run
  // has ended between the two lookups, so the record is loaded again.
  Result<Json> withQueueState(Json record) {
    if (isSuccess(record)) return record;
    const auto waiting = findInQueues();
    if (!waiting && waiting.error().code() != ErrorCode::NotFound)
      fail(waiting.error().in("showing the record, but whether the task waits again is not known"));
    if (!waiting) return isInProgress(record) ? loadRecord() : record;
    if (isStillRunning(record, *waiting)) return withKeysOf(*waiting, {"broker", key::kEnvelope}, std::move(record));
    record.erase(key::kBuried);  // `state` and `reason` say what holds now: the task may have been revived since
    return withKeysOf(*waiting, {"state", "broker", "toex", "reason", "attemptsLeft", key::kEnvelope},
                      std::move(record));
  }

  static Json withKeysOf(const Json& waiting, std::initializer_list<const char*> keys, Json record) {
    for (const auto* key : keys) {
      if (waiting.contains(key)) record[key] = waiting.at(key);
    }
    return record;
  }

  std::string id_;
  const TaskRulesByName& rules_;
  Broker brokers_;
  MetaStorage storages_;
  Fault fault_ = Fault::Store;
};

// Where no task has this id: the one that has an id beginning with it. NotFound: none has.
Result<std::string> idBeginningWith(const std::string& text, const Config& config) {
  const Error none(ErrorCode::NotFound, "no task has an id that begins so");
  if (!base::checkTaskId(text)) return none;
  auto operations = Operations::open(config);
  if (!operations) return operations.error();
  return operations->findByPrefix(text);
}

// Of a task that runs: the instance, and what it says of the run, under the keys of `leptir buried show`.
Json withRun(Json record, const Config& config) {
  const bool isLeased = record.value("state", Json()) == nameOf(TaskState::Leased);
  if (!isLeased && !isInProgress(record)) return record;
  const auto id = record.value(key::kId, Json());
  auto operations = Operations::open(config);
  if (!operations || !id.is_string()) return record;
  const auto details = operations->task(id.get<std::string>());
  if (!details || !details->running) return record;
  record["instance"] = details->instance;
  record["running"] = runningJson(*details->running);
  return record;
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

// The record with the number of its log lines instead of the lines, which `leptir logs` shows.
Json withLogLineCount(Json record) {
  const auto log = record.find(key::kLog);
  const bool hasLog = log != record.end() && log->is_string();
  const auto lines = hasLog ? task::countLogLines(log->get_ref<const std::string&>()) : 0;
  operations::leaveOutLogs(record);
  if (hasLog) record["logLines"] = lines;
  return record;
}

}  // namespace

int runCommand(const InfoCommand& command, const Program& program) {
  const auto config = readConfig(command.config, program);
  if (!config) return base::kExitConfigError;
  const StoreWait wait;
  const config::Stores stores(*config, wait.onOpening());
  auto brokers = stores.openBroker(BrokerUse::Inspect);
  if (!brokers) return failStore(brokers.error());
  auto storages = stores.openMetaStorage(MetaUse::Inspect);
  if (!storages) return failStore(storages.error());
  TaskSearch search(config->rules, std::move(*brokers), std::move(*storages));
  auto record = search.run(command.id);
  if (!record && record.error().code() == ErrorCode::NotFound) {
    const auto id = idBeginningWith(command.id, *config);
    if (!id && id.error().code() == ErrorCode::Invalid) return failOperation("info", id.error());
    if (id) record = search.run(*id);
  }
  if (!record) {
    warnIfNotRecorded(*config);
    return failWith(withHint(record.error(), *config), search.fault());
  }
  *record = withRun(std::move(*record), *config);
  std::cout << (command.text ? recordText(*record) : jsonForOutput(withLogLineCount(*record), 2) + '\n');
  return base::kExitDone;
}

}  // namespace leptir::cli
