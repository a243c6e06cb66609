// Writes records to a redis-server so that a late one changes nothing: new ones in one exchange, and only those that
// find another in their place by comparing.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_record_index.h"
#include "backends/redis/redis_record_places.h"
#include "backends/redis/redis_record_reader.h"
#include "leptir/meta_info.h"

namespace leptir {

class RedisRecordWriter {
 public:
  // `expiry` in milliseconds, empty: never. The places live longer than this.
  RedisRecordWriter(std::shared_ptr<RedisConnection> connection, RedisRecordPlaces& places, std::string expiry);

  // Answers what the index of those that did not succeed is to learn, one for each record.
  Result<std::vector<RecordNote>> write(std::span<const MetaInfo> records);

 private:
  // In the records of the call.
  using Positions = std::vector<std::size_t>;

  struct Contender {
    std::size_t position;
    StandingRecord old;  // what stands in its place
  };

  Result<Positions> addNew(std::span<const MetaInfo> records);
  Result<bool> isAdded(RedisValue reply, bool isOfSet) const;
  void appendNew(const MetaInfo& record);
  void appendExpiryOfHashes();
  Result<void> replaceOlder(std::span<const MetaInfo> records, Positions standing);
  Result<std::vector<Contender>> readStanding(std::span<const MetaInfo> records, const Positions& standing);
  Result<Positions> compareAndSet(std::span<const MetaInfo> records, const std::vector<Contender>& contenders);
  void appendCompareAndSet(const MetaInfo& record, const StandingRecord& old);
  void noteKept(const MetaInfo& record, const Contender& contender);

  std::shared_ptr<RedisConnection> connection_;
  RedisRecordPlaces& places_;
  std::string expiry_;
  std::vector<RecordNote> notes_;
  std::string text_;                 // of the record being sent; kept for its memory
  std::vector<bool> areInHash_;      // one for each record of the call
  std::vector<std::string> hashes_;  // that this call has written to
};

}  // namespace leptir
