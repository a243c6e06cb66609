// Wipes the passwords of stores from this process's environment, where the configuration took them from: `password:
// "${NAME}"`.
#pragma once

#include <string_view>

#include "leptir/json.h"

namespace leptir::instance {

// Overwrites and removes each environment variable whose value is the password, contains it (an address with the
// password), or is a part of it (parts count from 8 bytes on, so that none matches by chance). /proc/<pid>/environ then
// shows the overwritten value. Only for a process with one thread.
void wipeVariablesWith(std::string_view password);
// Does the same for the password or the keys of a store's connection, if it has some.
void wipeVariablesOf(const Json& connection);

}  // namespace leptir::instance
