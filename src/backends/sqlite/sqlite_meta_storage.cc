#include "backends/sqlite/sqlite_meta_storage.h"

#include <algorithm>
#include <limits>

#include "backends/sqlite/sqlite_schema.h"
#include "base/saturated.h"

namespace leptir::sqlite {
namespace {

using Kind = SqliteTransaction::Kind;

constexpr std::size_t kRowsAtOnce = 64;
// Rows that one call of expire() deletes at most. A row costs 4 to 6 µs, while other writers wait.
constexpr std::int64_t kMaxExpiredPerCall = 5'000;

// SQL condition: leptir cannot have written this row, so any record replaces it. SQLite evaluates it only if the lease
// and the step would keep the row.
constexpr auto kIsNoRecord =
    "(lease > 4611686018427387904 OR step > 255 OR"
    " CASE WHEN json_valid(record) THEN json_type(record) <> 'object' ELSE 1 END)";

std::string upsertStatement(std::size_t rows) {
  std::string sql = "INSERT INTO leptir_records (id, lease, step, saved, record) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) sql += i == 0 ? "(?,?,?,?,?)" : ",(?,?,?,?,?)";
  return sql +
         " ON CONFLICT (id) DO UPDATE SET lease = excluded.lease, step = excluded.step, saved = excluded.saved,"
         " record = excluded.record"
         " WHERE excluded.lease > lease OR (excluded.lease = lease AND excluded.step > step) OR " +
         kIsNoRecord;
}

Result<Json> parsed(std::string_view id, std::string_view record) {
  auto json = parseJson(record);
  const auto unreadable = [&](const std::string& why) {
    return Error(ErrorCode::Corrupt, "record of task " + std::string(id) + ": " + why);
  };
  if (!json) return unreadable(json.error().message());
  if (!json->is_object()) return unreadable("it is JSON, but no object");
  return json;
}

// SQL: a field of the record. Guarded, because json_extract() fails the whole statement if one row is not JSON.
std::string fieldOfRecord(const char* name) {
  return std::string("CASE WHEN json_valid(record) THEN json_extract(record, '$.") + name + "') END";
}

}  // namespace

SqliteMetaStorage::SqliteMetaStorage(std::shared_ptr<SqliteConnection> connection, std::optional<Duration> expireAfter)
    : connection_(std::move(connection)),
      expireAfter_(expireAfter),
      upsertMany_(*connection_, upsertStatement(kRowsAtOnce)),
      upsertOne_(*connection_, upsertStatement(1)),
      load_(*connection_, "SELECT record FROM leptir_records WHERE id = ? AND saved > ?"),
      list_(*connection_, "SELECT record, id FROM leptir_records WHERE saved > ?1 AND (?2 = '' OR " +
                              fieldOfRecord("type") + " = ?2) AND (?3 = '' OR " + fieldOfRecord("cause") +
                              " = ?3) AND (?4 = 0 OR " + fieldOfRecord("status") +
                              " = ?4) ORDER BY saved DESC LIMIT ?5 OFFSET ?6"),
      expire_(*connection_,
              "DELETE FROM leptir_records WHERE seq IN (SELECT seq FROM leptir_records WHERE saved <= ? LIMIT ?)") {}

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
  SqliteTransaction write(*connection_, Kind::Write, besideTasks ? Durability::Normal : Durability::Full);
  upsert(records);
  return write.commit();
}

void SqliteMetaStorage::upsert(std::span<const MetaInfo> records) {
  for (std::size_t done = 0; done < records.size() && !connection_->failed();) {
    const bool many = records.size() - done >= kRowsAtOnce;
    auto& upsert = many ? upsertMany_ : upsertOne_;
    upsert.start();
    const auto rows = many ? kRowsAtOnce : 1;
    for (std::size_t i = 0; i < rows; ++i, ++done) {
      const auto position = static_cast<int>(1 + 5 * i);
      upsert.bind(position, records[done].id);
      upsert.bind(position + 1, static_cast<std::int64_t>(std::min<std::uint64_t>(records[done].lease, kLargestLease)));
      upsert.bind(position + 2, static_cast<std::int64_t>(records[done].step));
      upsert.bind(position + 3, nextSaved());
      upsert.bind(position + 4, texts_[done]);
    }
    upsert.run();
  }
}

Result<Json> SqliteMetaStorage::loadMetaInfoById(std::string_view id) {
  SqliteTransaction read(*connection_, Kind::Read);
  std::optional<std::string> record;
  if (load_.with(id, oldestKept()).step()) record = load_.text(0);
  if (auto finished = read.commit(); !finished) return finished.error();
  if (!record) return Error(ErrorCode::NotFound, "no record of task " + std::string(id));
  return parsed(id, *record);
}

Result<std::vector<Json>> SqliteMetaStorage::listMetaInfo(const MetaFilter& filter, Page page) {
  SqliteTransaction read(*connection_, Kind::Read);
  std::vector<Json> listed;
  const auto status = filter.status ? static_cast<int>(*filter.status) : 0;
  list_.with(oldestKept(), filter.name, filter.cause, status, page.limit, page.offset);
  while (list_.step()) {
    auto json = parsed(list_.text(1), list_.text(0));
    if (json) listed.push_back(std::move(*json));  // a damaged record does not hide the others
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return listed;
}

Result<std::size_t> SqliteMetaStorage::expire() {
  if (!expireAfter_) return 0;
  SqliteTransaction write(*connection_, Kind::Write);
  const auto removed = expire_.with(oldestKept(), kMaxExpiredPerCall).runChanging();
  if (auto written = write.commit(); !written) return written.error();
  return static_cast<std::size_t>(removed);
}

MetaTraits SqliteMetaStorage::traits() const {
  auto traits = traitsOfAll();
  traits.warnings = rightsWarnings(connection_->file());
  return traits;
}

MetaTraits SqliteMetaStorage::traitsOfAll() {
  MetaTraits traits;
  traits.expiresByItself = false;
  traits.durability =
      "records survive a power cut (synchronous=FULL); in the file of a dispatcher's broker they survive the death of "
      "every process, and after a power cut a task whose record was lost runs again";
  return traits;
}

// At least a microsecond later than the last one, so that `saved` orders also the records of one call.
std::int64_t SqliteMetaStorage::nextSaved() {
  lastSaved_ = std::max(lastSaved_ + 1, connection_->now());
  return lastSaved_;
}

std::int64_t SqliteMetaStorage::oldestKept() const {
  return expireAfter_ ? base::saturatedSubtract(connection_->now(), expireAfter_->count())
                      : std::numeric_limits<std::int64_t>::min();
}

}  // namespace leptir::sqlite
