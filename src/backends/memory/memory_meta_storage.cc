#include "backends/memory/memory_meta_storage.h"

#include "base/saturated.h"
#include "meta/meta_filter.h"

namespace leptir::memory {
namespace {

constexpr std::size_t kMaxExpiredPerCall = 10'000;

}  // namespace

Result<void> MemoryMetaStorage::saveMetaInfo(std::span<const MetaInfo> records) {
  const std::lock_guard lock(records_->mutex);
  for (const auto& info : records) {
    auto& stored = records_->records[info.id];
    if (stored.order != 0 && !replaces(info, stored)) continue;
    std::string text;
    writeMetaInfo(info, text);
    stored = {info.lease, info.step, ++records_->lastOrder, clock_->now(), Json::parse(text)};
  }
  return {};
}

Result<Json> MemoryMetaStorage::loadMetaInfoById(std::string_view id) {
  const std::lock_guard lock(records_->mutex);
  const auto found = records_->records.find(id);
  if (found == records_->records.end() || isOver(found->second)) {
    return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
  }
  return found->second.json;
}

Result<std::vector<Json>> MemoryMetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  const std::lock_guard lock(records_->mutex);
  std::map<std::uint64_t, const Json*, std::greater<>> newestFirst;
  for (const auto& [id, record] : records_->records) {
    if (!isOver(record) && meta::matches(record.json, filter)) newestFirst.emplace(record.order, &record.json);
  }
  std::vector<Json> listed;
  std::size_t position = 0;
  for (const auto& [order, json] : newestFirst) {
    if (position++ >= page.offset && listed.size() < page.limit) listed.push_back(*json);
  }
  return listed;
}

Result<std::size_t> MemoryMetaStorage::expire() {
  const std::lock_guard lock(records_->mutex);
  std::size_t removed = 0;
  for (auto record = records_->records.begin(); record != records_->records.end() && removed < kMaxExpiredPerCall;) {
    const bool over = isOver(record->second);
    record = over ? records_->records.erase(record) : std::next(record);
    removed += over;
  }
  return removed;
}

MetaTraits MemoryMetaStorage::traits() const {
  MetaTraits traits;
  traits.expiresByItself = false;
  traits.durability = "none: everything ends with the process";
  return traits;
}

bool MemoryMetaStorage::isOver(const MemoryRecords::Record& record) const {
  return expireAfter_ && base::saturatedAdd(record.saved, *expireAfter_) <= clock_->now();
}

}  // namespace leptir::memory
