#include "tests/support/mongodb_fault.h"

#include "leptir/json.h"

namespace leptir {
namespace {

// Behind the other keys: libmongoc takes the labels from the top of a reply.
std::string withLabels(Json reply, const std::vector<std::string>& labels) {
  if (!labels.empty()) reply["errorLabels"] = labels;
  return reply.dump();
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

}  // namespace leptir
