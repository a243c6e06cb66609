// Lists the records of tasks that did not succeed, page after page: as many as the index has.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_record_index.h"
#include "backends/redis/redis_record_locator.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::redis {

// Whether the record says that its task succeeded, so that the index, if it still has it, is outdated.
bool isOfSuccess(const Json& record);

// One call of SimpleMetaStorage::listRecords.
class RedisRecordLister {
 public:
  // The arguments must outlive this object.
  RedisRecordLister(RedisConnection& connection, RedisRecordLocator& locator, RedisRecordIndex& index,
                    const MetaFilter& filter, std::size_t limit)
      : connection_(connection), locator_(locator), index_(index), filter_(filter), limit_(limit) {}

  Result<RecordList> list(std::string_view cursor);

 private:
  bool isFull() const;
  std::size_t readAtOnce() const;
  Result<void> addMatching(std::span<const IndexEntry> entries);

  RedisConnection& connection_;
  RedisRecordLocator& locator_;
  RedisRecordIndex& index_;
  const MetaFilter& filter_;
  const std::size_t limit_;
  std::optional<IndexEntry> last_;  // the entry compared last
  RecordList list_;
  std::size_t bytesListed_ = 0, bytesRead_ = 0;
};

}  // namespace leptir::redis
