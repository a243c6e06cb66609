#include "tests/support/mongodb_hello.h"

#include "tests/support/mongodb_message.h"

namespace leptir {
namespace {

void appendHosts(bson_t* reply, const std::vector<std::string>& hosts) {
  bson_t list;
  BSON_APPEND_ARRAY_BEGIN(reply, "hosts", &list);
  for (std::size_t i = 0; i < hosts.size(); ++i) BSON_APPEND_UTF8(&list, std::to_string(i).c_str(), hosts[i].c_str());
  ::bson_append_array_end(reply, &list);
}

}  // namespace

BsonDocument rewrittenHello(const BsonDocument& reply, const MongodbHello& hello, const std::string& me) {
  // Without topologyVersion and compression, drivers ask again and again, in messages that the proxy can read.
  auto said = without(reply, {"ismaster", "isWritablePrimary", "secondary", "setName", "setVersion", "hosts", "primary",
                              "me", "electionId", "minWireVersion", "maxWireVersion", "logicalSessionTimeoutMinutes",
                              "topologyVersion", "compression", "msg"});
  bson_t* const to = said.get();
  const bool isPrimary = hello.role == MongodbHello::Role::Primary;
  const auto primary = hello.primary.empty() && isPrimary ? me : hello.primary;
  for (const auto* key : {"ismaster", "isWritablePrimary"}) BSON_APPEND_BOOL(to, key, isPrimary);
  BSON_APPEND_BOOL(to, "secondary", !isPrimary);
  BSON_APPEND_UTF8(to, "setName", hello.setName.c_str());
  BSON_APPEND_INT32(to, "setVersion", 1);
  BSON_APPEND_UTF8(to, "me", me.c_str());
  if (!primary.empty()) BSON_APPEND_UTF8(to, "primary", primary.c_str());
  appendHosts(to, hello.hosts.empty() ? std::vector{me} : hello.hosts);
  BSON_APPEND_INT32(to, "minWireVersion", hello.minWireVersion);
  BSON_APPEND_INT32(to, "maxWireVersion", hello.maxWireVersion);
  if (hello.logicalSessionTimeoutMinutes)
    BSON_APPEND_INT32(to, "logicalSessionTimeoutMinutes", *hello.logicalSessionTimeoutMinutes);
  return said;
}

}  // namespace leptir
