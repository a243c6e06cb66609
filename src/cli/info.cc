// leptir info
#include <iostream>

#include "cli/commands.h"
#include "cli/record_text.h"
#include "task/envelope.h"

namespace leptir {
namespace {

Result<Json> recordIn(const Config::MetaStorage& storage, const std::string& id) {
  Config alone;
  alone.metaStorages = {storage};
  auto opened = openMetaStorage(alone);
  if (!opened) return opened.error();
  return opened->loadMetaInfoById(id);
}

// A task that still waits has no record: what its broker knows of it.
Result<Json> waitingIn(const Config::Broker& broker, const std::string& id) {
  Config alone;
  alone.brokers = {broker};
  auto opened = openBroker(alone);
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
  if (!found->reason.empty()) json["reason"] = found->reason;
  return json;
}

// One store after the other, until one has it. One that cannot be used keeps nobody from asking the next; but "not
// found" is said only when all have answered.
template <class Stores, class Ask>
Result<Json> askEach(const Stores& stores, const std::string& id, Ask ask) {
  Error none(ErrorCode::NotFound, "no task '" + id +
                                      "': it waits nowhere, and no record speaks of it (records expire, see "
                                      "expire_after_seconds)");
  for (const auto& store : stores) {
    auto answer = ask(store, id);
    if (answer) return answer;
    const auto code = answer.error().code();
    if (code != ErrorCode::NotFound && code != ErrorCode::Unsupported) none = answer.error();
  }
  return none;
}

// What ran, and was given back, waits again: its record cannot know.
Result<Json> withItsState(const Config& config, const std::string& id, Json record) {
  const auto waiting = askEach(config.brokers, id, waitingIn);
  if (!waiting || waiting->at("state") == nameOf(TaskState::Leased)) return record;
  for (const auto* key : {"state", "broker", "toex", "reason"}) {
    if (waiting->contains(key)) record[key] = waiting->at(key);
  }
  return record;
}

Result<Json> find(const Config& config, const std::string& id) {
  auto record = askEach(config.metaStorages, id, recordIn);
  if (record)
    return record->value("status", Json()) == static_cast<int>(TaskStatus::InProgress)
               ? withItsState(config, id, std::move(*record))
               : record;
  auto waiting = askEach(config.brokers, id, waitingIn);
  return waiting || record.error().code() == ErrorCode::NotFound ? waiting : record;
}

}  // namespace

int runCommand(const InfoCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  auto record = find(*config, command.id);
  if (!record) return record.error().code() == ErrorCode::NotFound ? fail(record.error()) : failStore(record.error());
  std::cout << (command.text ? recordText(*record)
                             : record->dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
  return kDone;
}

}  // namespace leptir
