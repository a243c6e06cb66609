#include "backends/memory/memory_meta_storage.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/cursor.h"
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
  if (found == records_->records.end() || isExpired(found->second)) {
    return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
  }
  return found->second.json;
}

Result<std::vector<Json>> MemoryMetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  const std::lock_guard lock(records_->mutex);
  std::vector<Json> listed;
  std::size_t position = 0;
  for (const auto& [order, record] : newestFirst()) {
    const auto& json = record->second.json;
    if (!meta::matches(json, filter)) continue;
    if (position++ >= page.offset && listed.size() < page.limit) listed.push_back(json);
  }
  return listed;
}

Result<RecordList> MemoryMetaStorage::listRecords(const MetaFilter& filter, std::string_view cursor,
                                                  std::size_t limit) {
  const std::lock_guard lock(records_->mutex);
  const auto after = base::numbersIn<1>(cursor);
  if (!cursor.empty() && !after) return base::noSuchCursor(cursor);
  const auto sorted = newestFirst();
  std::vector<std::pair<std::uint64_t, const Stored*>> records(sorted.begin(), sorted.end());
  const bool isEarliestFirst = filter.order == ListOrder::EarliestFirst;
  if (isEarliestFirst) std::ranges::reverse(records);
  RecordList page;
  std::size_t bytes = 0;
  const auto isBehind = [&](const auto& each) {
    const auto last = after ? static_cast<std::uint64_t>(after->front()) : 0;
    return !after || (isEarliestFirst ? each.first > last : each.first < last);
  };
  for (auto next = std::ranges::find_if(records, isBehind); next != records.end(); ++next) {
    if (page.records.size() == limit || page.examined == kMaxRecordsExamined || bytes > kMaxPageBytes) return page;
    const auto& [id, record] = *next->second;
    ++page.examined;
    page.cursor = base::cursorOf<1>({static_cast<std::int64_t>(record.order)});
    const bool isListed =
        meta::isSavedWithin(record.saved, filter) && meta::matchesId(id, filter) && meta::matches(record.json, filter);
    if (!isListed) continue;
    bytes += record.json.dump().size();
    page.records.push_back(record.json);
  }
  page.cursor.clear();
  return page;
}

MemoryMetaStorage::NewestFirst MemoryMetaStorage::newestFirst() const {
  NewestFirst records;
  for (const auto& stored : records_->records) {
    if (!isExpired(stored.second)) records.emplace(stored.second.order, &stored);
  }
  return records;
}

Result<std::size_t> MemoryMetaStorage::expire() {
  const std::lock_guard lock(records_->mutex);
  std::size_t removed = 0;
  for (auto record = records_->records.begin(); record != records_->records.end() && removed < kMaxExpiredPerCall;) {
    const bool expired = isExpired(record->second);
    record = expired ? records_->records.erase(record) : std::next(record);
    removed += expired;
  }
  return removed;
}

MetaTraits MemoryMetaStorage::traits() const {
  MetaTraits traits;
  traits.listsByCursor = true;
  traits.listsEarliestFirst = true;
  traits.expiresByItself = false;
  traits.durability = "none: everything ends with the process";
  return traits;
}

bool MemoryMetaStorage::isExpired(const MemoryRecords::Record& record) const {
  return expireAfter_ && base::saturatedAdd(record.saved, *expireAfter_) <= clock_->now();
}

}  // namespace leptir::memory
