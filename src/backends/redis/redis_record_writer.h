// Writes records to a redis-server so that a late one changes nothing: new ones in one exchange, and only those that
// find another in their place by comparing.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_record_index.h"
#include "backends/redis/redis_record_places.h"
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
    std::optional<std::string> old;  // the text that stands in its place, if any
  };

  Result<Positions> addNew(std::span<const MetaInfo> records);
  void appendNew(const MetaInfo& record);
  void appendExpiryOfHashes();
  Result<void> replaceOlder(std::span<const MetaInfo> records, Positions standing);
  Result<std::vector<Contender>> readStanding(std::span<const MetaInfo> records, const Positions& standing);
  Result<Positions> compareAndSet(std::span<const MetaInfo> records, const std::vector<Contender>& contenders);
  void appendCompareAndSet(const MetaInfo& record, const std::optional<std::string>& old);
  void noteKept(const MetaInfo& record, const Contender& contender);

  std::shared_ptr<RedisConnection> connection_;
  RedisRecordPlaces& places_;
  std::string expiry_;
  std::vector<RecordNote> notes_;
  std::string text_;                 // of the record being sent; kept for its memory
  std::vector<std::string> hashes_;  // that this call has written to
};

// So many records are read in one exchange: each may have 16 MiB, and a reader takes half a GiB in one go.
inline constexpr std::size_t kRecordsReadAtOnce = 30;

// Asks for the text of a record, among what is exchanged next.
void appendLoad(RedisConnection& connection, const RedisRecordPlaces::Place& place);

}  // namespace leptir
