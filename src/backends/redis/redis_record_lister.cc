#include "backends/redis/redis_record_lister.h"

#include <algorithm>
#include <vector>

#include "backends/redis/redis_list_cursor.h"
#include "backends/redis/redis_stored_values.h"
#include "base/cursor.h"
#include "base/hex_bytes.h"
#include "leptir/spi/task_list.h"
#include "meta/meta_filter.h"

namespace leptir::redis {
namespace {

std::string microseconds(Time time) {
  return std::to_string(time.time_since_epoch().count());
}

std::string textOf(const IndexEntry& entry) {
  return entry.score + ":" + base::hexOf(entry.id);
}

std::optional<IndexEntry> entryIn(std::string_view cursor) {
  const auto colon = cursor.find(':');
  if (colon == std::string_view::npos || !isScore(cursor.substr(0, colon))) return {};
  auto id = base::bytesOfHex(cursor.substr(colon + 1));
  if (!id) return {};
  return IndexEntry{.score = std::string(cursor.substr(0, colon)), .id = std::move(*id)};
}

}  // namespace

bool isOfSuccess(const Json& record) {
  return record.value("status", Json()) == static_cast<int>(TaskStatus::Completed) &&
         record.value("retC", Json()) == static_cast<int>(ExitStatus::Success);
}

Result<RecordList> RedisRecordLister::list(std::string_view cursor) {
  if (!cursor.empty() && !(last_ = entryIn(cursor))) return base::noSuchCursor(cursor);
  const std::string least = filter_.savedFrom ? microseconds(*filter_.savedFrom) : "-inf";
  const std::string most = filter_.savedBefore ? "(" + microseconds(*filter_.savedBefore) : "+inf";
  while (!isFull()) {
    const auto entries = index_.readBehind(last_, least, most, readAtOnce(), filter_.order);
    if (!entries) return entries.error();
    if (entries->empty()) return std::move(list_);
    if (auto taken = addMatching(*entries); !taken) return taken.error();
  }
  list_.cursor = textOf(*last_);
  return std::move(list_);
}

bool RedisRecordLister::isFull() const {
  return list_.records.size() >= limit_ || list_.examined >= kMaxRecordsExamined || bytesListed_ > kMaxPageBytes;
}

// Few at first, and where records are large.
std::size_t RedisRecordLister::readAtOnce() const {
  constexpr std::size_t kFirst = 20, kMax = 500, kMaxBytes = kMaxPageBytes / 4;
  if (list_.examined == 0) return kFirst;
  const auto left = static_cast<std::size_t>(kMaxRecordsExamined - list_.examined);
  const auto average = bytesRead_ / static_cast<std::size_t>(list_.examined);
  return std::min(left, std::clamp<std::size_t>(kMaxBytes / std::max<std::size_t>(average, 1), 1, kMax));
}

// An entry may be outdated, its record gone or successful by now.
Result<void> RedisRecordLister::addMatching(std::span<const IndexEntry> entries) {
  std::vector<std::string_view> ids;
  for (const auto& entry : entries) ids.push_back(entry.id);
  const auto texts = readRecords(connection_, locator_, ids);
  if (!texts) return texts.error();
  for (std::size_t i = 0; i < entries.size() && !isFull(); ++i) {
    ++list_.examined;
    last_ = entries[i];
    const auto& text = (*texts)[i].text;
    bytesRead_ += text.size();
    if (!meta::matchesId(entries[i].id, filter_)) continue;
    auto record = parseJson(text);
    if (!record || !record->is_object() || isOfSuccess(*record) || !meta::matches(*record, filter_)) continue;
    bytesListed_ += text.size();
    list_.records.push_back(std::move(*record));
  }
  return {};
}

}  // namespace leptir::redis
