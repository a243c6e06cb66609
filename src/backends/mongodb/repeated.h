// Calls a write again where its outcome is unknown.
#pragma once

#include "backends/mongodb/mongodb_error.h"

namespace leptir::mongodb {

// Whether the same call may succeed at once: the connection was lost before or after it reached the server.
inline bool isConnectionLost(const MongodbError& error) {
  return error.remedy == Remedy::Look || error.remedy == Remedy::Reconnect;
}

// For writes that change nothing more when they are applied twice.
template <class Write>
auto repeated(Write write) {
  auto done = write();
  if (!done && isConnectionLost(done.error())) done = write();
  return done;
}

}  // namespace leptir::mongodb
