// For tests: what a MongodbProxy lets `hello` announce in place of the server's words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/support/bson_document.h"

namespace leptir {

struct MongodbHello {
  enum class Role { Primary, Secondary };

  std::string setName = "leptir";
  Role role = Role::Primary;
  std::vector<std::string> hosts = {};  // all members as host:port; empty: the proxy alone
  std::string primary = "";             // host:port; empty: the proxy if it is the primary, else none is known
  int minWireVersion = 0, maxWireVersion = 21;
  // Empty: no sessions, so that drivers do not retry writes.
  std::optional<int> logicalSessionTimeoutMinutes = 30;
};

// The server's reply to hello as `hello` announces it, for the member at the address `me`.
BsonDocument rewrittenHello(const BsonDocument& reply, const MongodbHello& hello, const std::string& me);

}  // namespace leptir
