// Writes records to a redis-server so that an older record never replaces a newer one. All records of a call are added
// in one exchange, where none is stored yet; only where one is stored, the two are compared.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_record_bell.h"
#include "backends/redis/redis_record_index.h"
#include "backends/redis/redis_record_locator.h"
#include "backends/redis/redis_script.h"
#include "backends/redis/redis_stored_values.h"
#include "leptir/spi/meta_info.h"

namespace leptir::redis {

class RedisRecordWriter {
 public:
  // `expiry` in milliseconds, empty: never. `locator` must outlive this object. `key` is the prefix of the records'
  // keys.
  RedisRecordWriter(std::shared_ptr<RedisConnection> connection, RedisRecordLocator& locator, std::string expiry,
                    const std::string& key);

  // Also tells processes that wait for such records. Returns for each record how the index of unsuccessful tasks has to
  // change.
  Result<std::vector<IndexChange>> write(std::span<const MetaInfo> records);

 private:
  // Indices into the records of the call.
  using Positions = std::vector<std::size_t>;

  struct Contender {
    std::size_t position;
    StoredValue old;  // the record stored under its key
  };

  Result<std::vector<RedisReply>> exchangeAskingWhoWaits();
  Result<Positions> addNew(std::span<const MetaInfo> records);
  Result<bool> isAdded(RedisValue reply, bool isOfSet) const;
  void appendNew(const MetaInfo& record);
  void appendExpiryOfHashes();
  Result<void> replaceOlder(std::span<const MetaInfo> records, Positions notAdded);
  Result<std::vector<Contender>> readStored(std::span<const MetaInfo> records, const Positions& notAdded);
  Result<Positions> compareAndSet(std::span<const MetaInfo> records, const std::vector<Contender>& contenders);
  void appendCompareAndSet(const MetaInfo& record, const StoredValue& old);
  void indexIfAlreadySaved(const MetaInfo& record, const Contender& contender);

  std::shared_ptr<RedisConnection> connection_;
  RedisScriptLoader loader_;
  RedisRecordLocator& locator_;
  std::string expiry_;
  RedisRecordBellRinger bell_;
  std::vector<IndexChange> indexChanges_;
  std::string text_;                 // JSON of the record being sent; a member to keep its allocated memory
  std::vector<bool> areInHash_;      // for each record of the call: whether it goes into a hash
  std::vector<std::string> hashes_;  // keys of the hashes that this call has written to
};

}  // namespace leptir::redis
