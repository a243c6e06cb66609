// The defaults for what a configuration does not say.
#pragma once

#include "config/backends.h"
#include "leptir/config.h"

namespace leptir::config {

// One SQLite file for tasks and records, see defaultDatabase(). Invalid: there is no folder for it. Unsupported: the
// program is not linked with the SQLite backend.
Result<Config::Broker> defaultBroker(const Backends& backends);
Result<Config::MetaStorage> defaultMetaStorage(const Backends& backends);

LogSinkConfig defaultLogger();

}  // namespace leptir::config
