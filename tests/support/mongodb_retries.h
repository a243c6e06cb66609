// For tests: what a replica set remembers of retryable writes, for servers that do not know them.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tests/support/bson_document.h"

namespace leptir {

// The members of a set share one object. May be used from any thread.
class MongodbRetries {
 public:
  // Which write it is, by its lsid and txnNumber; empty: it cannot be retried.
  using Key = std::string;
  static Key keyOf(const BsonDocument& command);

  // Begins the write. The reply, if the write was applied before; if it is being applied, waits for that.
  std::optional<BsonDocument> begin(const Key& key);
  // Ends it with the server's reply, which is remembered if the write was applied; empty: the server gave none.
  void end(const Key& key, const BsonDocument* reply);

  // How many writes were answered from memory.
  int repeated() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable ended_;
  std::map<Key, std::optional<BsonDocument>> writes_;  // empty: it is being applied
  int repeated_ = 0;
};

}  // namespace leptir
