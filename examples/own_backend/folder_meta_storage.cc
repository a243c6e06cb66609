#include "folder_meta_storage.h"

#include <algorithm>
#include <functional>

namespace folder {
namespace {

// So many files are removed in a few milliseconds.
constexpr std::size_t kMaxExpiredPerCall = 500;

bool hasText(const Json& record, const char* field, const std::string& wanted) {
  return wanted.empty() || record.value(field, Json()) == wanted;
}

bool matches(const Json& record, const leptir::MetaFilter& filter) {
  if (filter.status && record.value("status", Json()) != static_cast<int>(*filter.status)) return false;
  return hasText(record, "type", filter.name) && hasText(record, "cause", filter.cause);
}

}  // namespace

FolderMetaStorage::FolderMetaStorage(std::filesystem::path path, std::optional<Duration> expireAfter,
                                     const leptir::Clock& clock)
    : path_(std::move(path)),
      expireAfter_(expireAfter),
      clock_(clock),
      numbers_(path_, clock_),
      records_(path_ / "records", ".record", path_ / "damaged") {}

Result<void> FolderMetaStorage::saveMetaInfo(std::span<const leptir::MetaInfo> records) {
  const auto lock = FolderLock::take(path_);
  if (!lock) return lock.error();
  auto number = numbers_.take(records.size() + 1);
  if (!number) return number.error();
  for (const auto& record : records) {
    if (auto saved = save(record, ++*number); !saved) return saved;
  }
  return {};
}

// "A record replaces a stored record of the same task only if its (lease, step) is larger": a late writer changes
// nothing.
Result<void> FolderMetaStorage::save(const leptir::MetaInfo& record, std::uint64_t number) {
  const auto stored = records_.find(record.id);
  if (!stored) return stored.error();
  if (*stored && !leptir::supersedes(record, (*stored)->lease, static_cast<leptir::MetaStep>((*stored)->step)))
    return {};
  StoredRecord fresh{.id = record.id,
                     .lease = record.lease,
                     .step = static_cast<int>(record.step),
                     .number = number,
                     .saved = microsOf(clock_.now())};
  leptir::writeMetaInfo(record, fresh.body);
  return records_.save(fresh);
}

Result<Json> FolderMetaStorage::loadMetaInfoById(std::string_view id) {
  const auto lock = FolderLock::take(path_);
  if (!lock) return lock.error();
  const auto stored = records_.find(std::string(id));
  if (!stored) return stored.error();
  if (!*stored || hasExpired(**stored)) return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
  return leptir::parseJson((*stored)->body);
}

Result<std::vector<Json>> FolderMetaStorage::listMetaInfo(const leptir::MetaFilter& filter, leptir::Page page) {
  const auto lock = FolderLock::take(path_);
  if (!lock) return lock.error();
  auto records = records_.all();
  if (!records) return records.error();
  std::erase_if(*records, [this](const StoredRecord& record) { return hasExpired(record); });
  std::ranges::sort(*records, std::greater(), &StoredRecord::number);
  std::vector<Json> listed;
  std::size_t position = 0;
  for (const auto& record : *records) {
    if (listed.size() == page.limit) break;
    auto json = leptir::parseJson(record.body);
    if (json && matches(*json, filter) && position++ >= page.offset) listed.push_back(std::move(*json));
  }
  return listed;
}

Result<std::size_t> FolderMetaStorage::expire() {
  const auto lock = FolderLock::take(path_);
  if (!lock) return lock.error();
  const auto records = records_.all();
  if (!records) return records.error();
  std::size_t removed = 0;
  for (const auto& record : *records) {
    if (!hasExpired(record) || removed == kMaxExpiredPerCall) continue;
    if (auto done = records_.remove(record.id); !done) return done.error();
    ++removed;
  }
  return removed;
}

bool FolderMetaStorage::hasExpired(const StoredRecord& record) const {
  return expireAfter_ && microsOf(clock_.now()) - record.saved >= expireAfter_->count();
}

leptir::MetaTraits FolderMetaStorage::traitsOfAll() {
  return {.expiresByItself = false,
          .durability = "each record is a file: it survives the end of every process; a power cut may lose the last"};
}

}  // namespace folder
