// The ids of tasks that did not succeed, the newest last, at most kMost: what a server can list that knows records by
// their ids alone. An entry may speak of a record that is gone or has succeeded since: readers look at the record.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "leptir/meta_info.h"

namespace leptir {

// What the index is to learn of a record that was saved.
enum class RecordNote : char { Nothing, Add, AddUnlessThere, Remove };

class RedisRecordIndex {
 public:
  static constexpr std::size_t kMost = 10'000;

  // `key` of the records; `expiry` in milliseconds, empty: never.
  RedisRecordIndex(std::shared_ptr<RedisConnection> connection, const std::string& key, std::string expiry);

  // One note for each record. One step on the server, also when that is full. A key that holds something else costs the
  // index, not the records.
  Result<void> write(std::span<const MetaInfo> records, std::span<const RecordNote> notes);

  // Ids, the newest first; fewer than `count` at the end.
  Result<std::vector<std::string>> read(std::size_t offset, std::size_t count);

 private:
  std::shared_ptr<RedisConnection> connection_;
  std::string key_;
  std::string expiry_;
};

}  // namespace leptir
