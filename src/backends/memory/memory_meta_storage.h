// Records in the memory of one process.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "leptir/spi/simple_meta_storage.h"

namespace leptir::memory {

// The records of one name, shared by all storages that are opened with that name. Any thread.
struct MemoryRecords {
  struct Record {
    std::uint64_t lease = 0;
    MetaStep step = MetaStep::Running;
    std::uint64_t order = 0;  // number of its last save; later saves have larger numbers
    Time saved;
    Json json;
  };

  std::mutex mutex;  // guards all below
  std::map<std::string, Record, std::less<>> records;
  std::uint64_t lastOrder = 0;
};

class MemoryMetaStorage : public SimpleMetaStorage {
 public:
  MemoryMetaStorage(std::shared_ptr<MemoryRecords> records, std::optional<Duration> expireAfter, const Clock& clock)
      : records_(std::move(records)), expireAfter_(expireAfter), clock_(&clock) {}

  Result<void> saveMetaInfo(std::span<const MetaInfo> records) override;
  Result<Json> loadMetaInfoById(std::string_view id) override;
  Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) override;
  Result<RecordList> listRecords(const MetaFilter& filter, std::string_view cursor, std::size_t limit) override;
  Result<std::size_t> expire() override;
  MetaTraits traits() const override;

 protected:
  // Whether `info` replaces the stored record. Virtual, so that a test can break it and show that the conformance suite
  // notices.
  virtual bool replaces(const MetaInfo& info, const MemoryRecords::Record& stored) const {
    return supersedes(info, stored.lease, stored.step);
  }

 private:
  using Stored = decltype(MemoryRecords::records)::value_type;
  using NewestFirst = std::map<std::uint64_t, const Stored*, std::greater<>>;

  // Called while the mutex of the records is locked. Returns the records that have not expired.
  NewestFirst newestFirst() const;
  bool isExpired(const MemoryRecords::Record& record) const;

  std::shared_ptr<MemoryRecords> records_;
  std::optional<Duration> expireAfter_;
  const Clock* clock_;
};

}  // namespace leptir::memory
