#include "backends/sqlite/sqlite_meta_storage.h"

#include <algorithm>
#include <limits>

#include "backends/sqlite/record_statements.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "base/saturated.h"

namespace leptir::sqlite {
namespace {

constexpr std::size_t kRecordsPerInsert = 64;
// Records that one transaction loads at most: other threads of the process wait for it.
constexpr std::size_t kMaxRecordsPerLoad = 100;
// Rows that one call of expire() deletes at most. A row costs 4 to 6 µs, while other writers wait.
constexpr std::int64_t kMaxExpiredPerCall = 5'000;

}  // namespace

SqliteMetaStorage::SqliteMetaStorage(std::shared_ptr<SqliteConnection> connection, std::optional<Duration> expireAfter)
    : connection_(std::move(connection)),
      expireAfter_(expireAfter),
      save_(*connection_, sql::kSaveRecords, kRecordsPerInsert),
      load_(*connection_, sql::kLoadRecord),
      list_(*connection_, sql::kListRecords),
      lists_(*connection_),
      expire_(*connection_, sql::kExpireRecords),
      bells_(connection_->file().folder()) {}

Result<void> SqliteMetaStorage::saveMetaInfo(std::span<const MetaInfo> records) {
  if (records.empty()) return {};
  texts_.resize(std::max(texts_.size(), records.size()));
  for (std::size_t i = 0; i < records.size(); ++i) {
    texts_[i].clear();
    writeMetaInfo(records[i], texts_[i]);
  }
  // In the file of a dispatching broker a record needs no sync: a power cut undoes commits from the newest on, so the
  // acknowledgement, which was committed after the record, is undone before it.
  const bool besideTasks = connection_->file().dispatchingBrokers > 0;
  SqliteTransaction write(*connection_, TransactionKind::Write, besideTasks ? Durability::Normal : Durability::Full);
  save_.write(records.size(), [&](RowParameters& row, std::size_t i) {
    const auto lease = static_cast<std::int64_t>(std::min<std::uint64_t>(records[i].lease, kLargestLease));
    row.bind(records[i].id, lease, static_cast<std::int64_t>(records[i].step), nextSaveTime(), texts_[i]);
  });
  auto written = write.commit();
  if (written && std::ranges::any_of(records, isOfTaskThatIsOver)) bells_.ring();
  return written;
}

Result<Json> SqliteMetaStorage::loadMetaInfoById(std::string_view id) {
  SqliteTransaction read(*connection_, TransactionKind::Read);
  const auto record = loadText(id);
  if (auto finished = read.commit(); !finished) return finished.error();
  if (!record) return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
  return parseRecord(id, *record);
}

std::optional<std::string> SqliteMetaStorage::loadText(std::string_view id) {
  return load_.with(id, newestExpired()).step() ? std::optional(std::string(load_.text(0))) : std::nullopt;
}

Result<std::vector<std::optional<Json>>> SqliteMetaStorage::loadMetaInfos(std::span<const std::string> ids) {
  std::vector<std::optional<Json>> records;
  for (auto left = ids; !left.empty();) {
    const auto piece = left.first(std::min(left.size(), kMaxRecordsPerLoad));
    left = left.subspan(piece.size());
    SqliteTransaction read(*connection_, TransactionKind::Read);
    std::vector<std::optional<std::string>> texts;
    for (const auto& id : piece) texts.push_back(loadText(id));
    if (auto finished = read.commit(); !finished) return finished.error();
    for (std::size_t i = 0; i < piece.size(); ++i) {
      auto record = texts[i] ? parseRecord(piece[i], *texts[i]) : Result<Json>(Json());
      records.push_back(texts[i] && record ? std::optional(std::move(*record)) : std::nullopt);
    }
  }
  return records;
}

Result<std::unique_ptr<RecordWatch>> SqliteMetaStorage::watchRecords() {
  return SqliteRecordWatch::begin(connection_->file().folder());
}

Result<std::vector<Json>> SqliteMetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  SqliteTransaction read(*connection_, TransactionKind::Read);
  std::vector<Json> listed;
  const auto status = filter.status ? static_cast<int>(*filter.status) : 0;
  list_.with(newestExpired(), filter.name, filter.cause, status, page.limit, page.offset);
  while (list_.step()) {
    auto json = parseRecord(list_.text(sql::RecordColumn::Id), list_.text(sql::RecordColumn::Record));
    if (json) listed.push_back(std::move(*json));  // a damaged record does not hide the others
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return listed;
}

Result<RecordList> SqliteMetaStorage::listRecords(const MetaFilter& filter, std::string_view cursor,
                                                  std::size_t limit) {
  return lists_.list(filter, cursor, limit, base::saturatedAdd(newestExpired(), std::int64_t{1}));
}

Result<std::size_t> SqliteMetaStorage::expire() {
  if (!expireAfter_) return 0;
  SqliteTransaction write(*connection_, TransactionKind::Write);
  const auto removed = expire_.with(newestExpired(), kMaxExpiredPerCall).runUpdate();
  if (auto written = write.commit(); !written) return written.error();
  return static_cast<std::size_t>(removed);
}

MetaTraits SqliteMetaStorage::traits() const {
  auto traits = traitsOfEveryFile();
  traits.warnings = rightsWarnings(connection_->file());
  return traits;
}

MetaTraits SqliteMetaStorage::traitsOfEveryFile() {
  MetaTraits traits;
  traits.listsByCursor = true;
  traits.listsEarliestFirst = true;
  traits.expiresByItself = false;
  traits.durability =
      "records survive a power cut (synchronous=FULL); those that a dispatcher saves in the same file as its broker "
      "survive the death of every process, and if a power cut undoes such a record, its task runs again";
  return traits;
}

// At least a microsecond later than the last one, so that `saved` orders also the records of one call.
std::int64_t SqliteMetaStorage::nextSaveTime() {
  lastSaveTime_ = std::max(lastSaveTime_ + 1, connection_->now());
  return lastSaveTime_;
}

std::int64_t SqliteMetaStorage::newestExpired() const {
  return expireAfter_ ? base::saturatedSubtract(connection_->now(), expireAfter_->count())
                      : std::numeric_limits<std::int64_t>::min();
}

}  // namespace leptir::sqlite
