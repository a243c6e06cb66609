// Records on a redis-server: each under a key of its own in PHP leptir's form, or many in one hash. Tasks that did not
// succeed are also in an index, which makes them listable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_examination.h"
#include "backends/redis/redis_record_index.h"
#include "backends/redis/redis_record_locator.h"
#include "backends/redis/redis_record_writer.h"
#include "backends/redis/redis_rights.h"
#include "backends/redis/redis_server_info.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::redis {

class RedisMetaStorage final : public SimpleMetaStorage {
 public:
  // Does not connect yet.
  RedisMetaStorage(std::shared_ptr<RedisConnection> connection, const std::string& key, RedisLayout layout,
                   std::optional<Duration> expireAfter, RedisServerInfo serverInfo = {});

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override;
  Result<Json> loadMetaInfoById(std::string_view id) override;
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override;
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override;
  // Only what the index has: the newest 10,000 tasks that did not succeed.
  Result<RecordList> listRecords(const MetaFilter& filter, std::string_view cursor, std::size_t limit) override;
  Result<std::size_t> expire() override { return 0; }
  Result<std::unique_ptr<RecordWatch>> watchRecords() override;
  Result<void> checkRights() override;
  Result<StoreExamination> examine() override { return examineServer(*connection_); }
  MetaTraits traits() const override;

 private:
  Result<std::vector<Json>> loadUnsuccessful(const std::vector<std::string>& ids);

  std::shared_ptr<RedisConnection> connection_;
  const std::string key_;
  RedisRecordLocator locator_;
  const std::string expiry_;  // of a record, in milliseconds; empty: never expires
  RedisRecordWriter writer_;
  RedisRecordIndex index_;
  RedisServerInfo serverInfo_;
};

}  // namespace leptir::redis
