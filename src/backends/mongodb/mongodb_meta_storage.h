// Records in a collection: one document for each task, in PHP leptir's form.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_client.h"
#include "backends/mongodb/mongodb_record_writer.h"
#include "leptir/spi/backend.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::mongodb {

class MongodbMetaStorage final : public SimpleMetaStorage {
 public:
  // Asks the server what it is. For MetaUse::Save it makes the indexes; one that cannot be made is a warning in the
  // traits, since records can be saved and found without it.
  static Result<std::unique_ptr<MongodbMetaStorage>> open(std::shared_ptr<MongodbPool> pool, std::string collection,
                                                          std::optional<Duration> expireAfter, MetaUse use);

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override;
  Result<Json> loadMetaInfoById(std::string_view id) override;
  Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids) override;
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override;
  Result<RecordList> listRecords(const MetaFilter& filter, std::string_view cursor, std::size_t limit) override;
  Result<std::size_t> expire() override { return 0; }  // the TTL index removes records
  // Unsupported on a server without change streams.
  Result<std::unique_ptr<RecordWatch>> watchRecords() override;
  Result<void> checkRights() override;
  Result<StoreExamination> examine() override;
  MetaTraits traits() const override { return traits_; }
  // The traits that are the same on every server.
  static MetaTraits traitsOfEveryServer();

 private:
  MongodbMetaStorage(std::shared_ptr<MongodbPool> pool, std::unique_ptr<MongodbClient> client, std::string collection,
                     std::optional<Duration> expireAfter, const ServerInfo& serverInfo);

  Result<void> loadPiece(std::span<const std::string> ids, Time now, std::vector<std::optional<Json>>& records);

  std::shared_ptr<MongodbPool> pool_;
  std::unique_ptr<MongodbClient> client_;
  std::string collection_;
  MongodbRecordWriter writer_;
  MetaTraits traits_;
  const std::optional<Duration> expireAfter_;
  bool hasChangeStreams_;
};

}  // namespace leptir::mongodb
