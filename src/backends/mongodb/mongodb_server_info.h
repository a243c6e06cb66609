// What a server says about itself.
#pragma once

#include <cstdint>
#include <string>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

struct ServerInfo {
  std::string name;  // "MongoDB 7.0.5", "FerretDB 2.7.0"
  std::int64_t maxWireVersion = 0;
  bool retriesWrites = false;  // a replica set or mongos with sessions: libmongoc repeats single writes
  bool hasChangeStreams = false;
  bool isSharded = false;  // a mongos
  std::int64_t maxDocumentBytes = 16 * 1024 * 1024;
  std::int64_t maxMessageBytes = 48'000'000;
  std::int64_t maxWriteStatements = 100'000;

  // MongoDB 4.2 or later: update pipelines and $$NOW.
  bool isNewEnough() const;
};

// From the replies to `hello` and `buildInfo`; `wantsRetries`: the option retryWrites.
ServerInfo serverInfoOf(DocumentView hello, DocumentView buildInfo, bool wantsRetries);

}  // namespace leptir::mongodb
