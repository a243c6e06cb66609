// What holds where no configuration says otherwise.
#pragma once

#include "config/backends.h"
#include "leptir/config.h"

namespace leptir {

// One SQLite file for tasks and records, see defaultDatabase(). Invalid: there is no place for it. Unsupported: this
// build has no SQLite.
Result<Config::Broker> defaultBroker(const Backends& backends);
Result<Config::MetaStorage> defaultMetaStorage(const Backends& backends);

LogSinkConfig defaultLogger();

}  // namespace leptir
