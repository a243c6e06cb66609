// Records on a redis-server: under PHP leptir's keys in PHP leptir's form, or many in one hash. What did not succeed is
// listed in an index of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_facts.h"
#include "backends/redis/redis_record_index.h"
#include "backends/redis/redis_record_places.h"
#include "backends/redis/redis_record_writer.h"
#include "backends/redis/redis_rights.h"
#include "leptir/simple_meta_storage.h"

namespace leptir {

class RedisMetaStorage final : public SimpleMetaStorage {
 public:
  // Sends nothing yet.
  RedisMetaStorage(std::shared_ptr<RedisConnection> connection, const std::string& key, RedisLayout layout,
                   std::optional<Duration> expireAfter, RedisFacts facts = {});

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override;
  Result<Json> loadMetaInfoById(std::string_view id) override;
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override;
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override;
  Result<std::size_t> expire() override { return 0; }
  Result<void> tryRights() override;
  MetaTraits traits() const override;

 private:
  Result<std::vector<Json>> loadThoseThatDidNotSucceed(const std::vector<std::string>& ids);

  std::shared_ptr<RedisConnection> connection_;
  RedisRecordPlaces places_;
  const std::string expiry_;  // of a record, in milliseconds; empty: never
  RedisRecordWriter writer_;
  RedisRecordIndex index_;
  RedisFacts facts_;
};

}  // namespace leptir
