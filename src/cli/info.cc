// leptir info
#include <iostream>

#include "cli/commands.h"
#include "cli/record_text.h"
#include "task/envelope.h"

namespace leptir {
namespace {

// A task that still waits has no record: what its broker knows of it.
Result<Json> waitingTask(const Config& config, const std::string& id) {
  auto broker = openBroker(config);
  if (!broker) return broker.error();
  for (std::size_t i = 0; i < broker->size(); ++i) {
    auto store = broker->access(i);
    auto found = store->keeper().find(id);
    if (!found) {
      if (found.error().code() == ErrorCode::NotFound || found.error().code() == ErrorCode::Unsupported) continue;
      return found.error();
    }
    const auto head = decodeEnvelope(found->envelope);
    Json json{{"id", id},
              {"type", head ? Json(head->name) : Json(nullptr)},
              {"status", static_cast<int>(TaskStatus::Pending)},
              {"state", nameOf(found->state)},
              {"broker", broker->name(i)},
              {"toex", unixSeconds(found->due)}};
    if (!found->reason.empty()) json["reason"] = found->reason;
    return json;
  }
  return Error(
      ErrorCode::NotFound,
      "no task '" + id + "': it waits nowhere, and no record speaks of it (records expire, see expire_after_seconds)");
}

}  // namespace

int runCommand(const InfoCommand& command, const Program&) {
  const auto config = readConfig(command.config);
  if (!config) return kConfiguration;
  auto storage = openMetaStorage(*config);
  if (!storage) return failStore(storage.error());
  auto record = storage->loadMetaInfoById(command.id);
  if (!record && record.error().code() == ErrorCode::NotFound) record = waitingTask(*config, command.id);
  if (!record) return fail(record.error());
  std::cout << (command.text ? recordText(*record)
                             : record->dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
  return kDone;
}

}  // namespace leptir
