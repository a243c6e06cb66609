#include "tests/support/mongodb_fault.h"

#include "leptir/json.h"
#include "tests/support/mongodb_traffic.h"

namespace leptir {
namespace {

// Behind the other keys: libmongoc takes the labels from the top of a reply.
std::string withLabels(Json reply, const std::vector<std::string>& labels) {
  if (!labels.empty()) reply["errorLabels"] = labels;
  return reply.dump();
}

bool matches(const MongodbCommands& commands, const std::string& name, const std::string& collection) {
  if (commands.name.empty() ? isOfTheDriver(name) : commands.name != name) return false;
  return commands.collection.empty() || commands.collection == collection;
}

}  // namespace

MongodbFault MongodbFault::error(When when, int code, const std::string& codeName,
                                 const std::vector<std::string>& labels) {
  const Json reply = {{"ok", 0.0}, {"errmsg", "injected: " + codeName}, {"code", code}, {"codeName", codeName}};
  return MongodbFault::reply(when, withLabels(reply, labels));
}

MongodbFault MongodbFault::writeConcernError(int code, const std::string& codeName,
                                             const std::vector<std::string>& labels) {
  const Json error = {{"code", code}, {"codeName", codeName}, {"errmsg", "injected: " + codeName}};
  return {When::After, What::AddToReply, withLabels({{"writeConcernError", error}}, labels)};
}

MongodbFault MongodbFault::writeError(int index, int code, const std::string& message) {
  const Json error = {{"index", index}, {"code", code}, {"errmsg", message}};
  const Json reply = {{"ok", 1.0}, {"n", index}, {"nModified", index}, {"writeErrors", Json::array({error})}};
  return MongodbFault::reply(When::Before, reply.dump());
}

void MongodbFaults::inject(const MongodbCommands& commands, const MongodbFault& fault) {
  const std::lock_guard lock(mutex_);
  injected_.emplace_back(commands, fault);
}

void MongodbFaults::clear() {
  const std::lock_guard lock(mutex_);
  injected_.clear();
}

std::optional<MongodbFault> MongodbFaults::take(const std::string& command, const std::string& collection) {
  const std::lock_guard lock(mutex_);
  for (auto& [commands, fault] : injected_) {
    if (commands.times == 0 || !matches(commands, command, collection)) continue;
    if (commands.skip > 0) {
      --commands.skip;
      continue;
    }
    if (commands.times != MongodbCommands::kAlways) --commands.times;
    ++taken_;
    return fault;
  }
  return std::nullopt;
}

int MongodbFaults::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

}  // namespace leptir
