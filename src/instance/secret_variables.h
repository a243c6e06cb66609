// Passwords of stores in environment variables, where the configuration has them from: `password: "${NAME}"`.
#pragma once

#include <string_view>

#include "leptir/json.h"

namespace leptir {

// Overwrites and removes each environment variable of this process whose value is the password, has it inside (an
// address with the password in it), or is a part of it (from 8 bytes on, so that nothing is taken for a part by
// chance). What /proc/<pid>/environ shows is overwritten as well. Only in a process with one thread.
void wipeVariablesWith(std::string_view password);
// The same for the password of a store's connection, if it has one.
void wipeVariablesOf(const Json& connection);

}  // namespace leptir
