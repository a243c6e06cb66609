// An index of the tasks that did not succeed: their ids, the newest last, at most kMaxSize. It makes records listable
// on a server that finds a record only by its id. An entry may be outdated, its record gone or successful: so readers
// check the record itself.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "leptir/list_order.h"
#include "leptir/spi/meta_info.h"

namespace leptir::redis {

// How the index has to change for a record that was saved.
enum class IndexChange : char { Nothing, Add, AddUnlessThere, Remove };

// An entry of the index: when the record was saved, in µs as the server writes it, and the id of the task.
struct IndexEntry {
  std::string score{};
  std::string id{};
};

class RedisRecordIndex {
 public:
  static constexpr std::size_t kMaxSize = 10'000;

  // `key`: the prefix of the records' keys; `expiry` in milliseconds, empty: never.
  RedisRecordIndex(std::shared_ptr<RedisConnection> connection, const std::string& key, std::string expiry);

  // Applies one change for each record, in one atomic step, on a full server as well. If the key of the index holds a
  // value of another type, nothing is indexed and no error is returned: the records are saved.
  Result<void> write(std::span<const MetaInfo> records, std::span<const IndexChange> changes);

  // Ids, the newest first; fewer than `count` at the end of the index.
  Result<std::vector<std::string>> read(std::size_t offset, std::size_t count);

  // At most `count` entries whose scores lie between `least` and `most` (in the form of ZRANGE BYSCORE), the newest
  // first, behind `last`. None: there are no more.
  Result<std::vector<IndexEntry>> readBehind(const std::optional<IndexEntry>& last, std::string_view least,
                                             std::string_view most, std::size_t count,
                                             ListOrder order = ListOrder::LatestFirst);

 private:
  Result<std::vector<IndexEntry>> readRange(std::string_view least, std::string_view most, std::size_t count,
                                            ListOrder order);

  std::shared_ptr<RedisConnection> connection_;
  std::string key_;
  std::string expiry_;
};

}  // namespace leptir::redis
