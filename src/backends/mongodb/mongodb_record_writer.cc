#include "backends/mongodb/mongodb_record_writer.h"

#include <algorithm>
#include <unordered_map>

#include "backends/mongodb/mongodb_record_fit.h"
#include "base/saturated.h"

namespace leptir::mongodb {
namespace {

// Another process may replace the same record between our update and our look, but not so many times.
constexpr int kMostRounds = 50;
// A stored lease beyond this is another program's mistake, and counts as none.
constexpr std::int64_t kLargestLease = std::int64_t{1} << 62;

std::int64_t leaseOf(const MetaInfo& info) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(info.lease, kLargestLease));
}

std::int64_t stepOf(const MetaInfo& info) {
  return static_cast<std::int64_t>(info.step);
}

// Matches the record of this task if it has expired, or is neither newer than `info` nor `info` itself.
Document replaceable(const ValueView& id, const MetaInfo& info, Time now) {
  const std::vector<Document> newerOrSame{
      Document().add("leptir.lease", Document().add("$gt", leaseOf(info)).add("$lte", kLargestLease)),
      Document().add("leptir.lease", leaseOf(info)).add("leptir.step", Document().add("$gte", stepOf(info)))};
  const std::vector<Document> either{
      Document().add("leptir.expires", Document().add("$lte", now)),
      Document().add("$nor", std::span<const Document>(newerOrSame))};
  return Document().add("_id", id).add("$or", std::span<const Document>(either));
}

// replaceable(), for a stored record that was read.
bool isReplaceable(DocumentView stored, const MetaInfo& info, Time now) {
  if (const auto expires = stored.date("leptir.expires"); expires && *expires <= now) return true;
  const auto lease = stored.integer("leptir.lease");
  if (!lease || *lease > kLargestLease) return true;
  if (*lease != leaseOf(info)) return *lease < leaseOf(info);
  return stored.integer("leptir.step").value_or(0) < stepOf(info);
}

// The newest record of each task, in the order of the call.
std::vector<const MetaInfo*> newestOfEach(std::span<const MetaInfo> records) {
  std::unordered_map<std::string_view, const MetaInfo*> newest;
  for (const auto& record : records) {
    const auto [found, isFirst] = newest.try_emplace(record.id, &record);
    if (!isFirst && isNewer(record, found->second->lease, found->second->step)) found->second = &record;
  }
  std::vector<const MetaInfo*> chosen;
  for (const auto& record : records) {
    if (newest.at(record.id) == &record) chosen.push_back(&record);
  }
  return chosen;
}

}  // namespace

MongodbRecordWriter::MongodbRecordWriter(MongodbClient& client, std::string collection,
                                         std::optional<Duration> expireAfter, std::size_t maxDocumentBytes)
    : client_(client),
      collection_(std::move(collection)),
      expireAfter_(expireAfter),
      maxDocumentBytes_(maxDocumentBytes) {}

Result<void> MongodbRecordWriter::write(std::span<const MetaInfo> records) {
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  now_ = *now;
  auto pending = pendingOf(records);
  for (int round = 0; round < kMostRounds; ++round) {
    if (pending.empty()) return {};
    auto left = send(std::move(pending));
    if (!left) return left.error();
    pending = std::move(*left);
  }
  return Error(ErrorCode::Unavailable, "the record of task " + pending.front().info->id + " in the collection " +
                                           collection_ + ": others replace it again and again, or a unique index " +
                                           "beside that of _id is in its way")
      .in(client_.where());
}

std::vector<MongodbRecordWriter::Pending> MongodbRecordWriter::pendingOf(std::span<const MetaInfo> records) {
  std::vector<Pending> pending;
  for (const auto* info : newestOfEach(records)) pending.push_back({info, statementOf(*info)});
  return pending;
}

Document MongodbRecordWriter::statementOf(const MetaInfo& info) {
  lastSaved_ = std::max(lastSaved_ + Duration(1), now_);
  const auto expires = expireAfter_ ? std::optional(base::saturatedAdd(now_, *expireAfter_)) : std::nullopt;
  const auto document = fittingRecordDocument(info, lastSaved_, expires, maxDocumentBytes_);
  const auto id = DocumentView(document).find("_id");
  return Document().add("q", replaceable(*id, info, now_)).add("u", document).add("upsert", true);
}

Result<std::vector<MongodbRecordWriter::Pending>> MongodbRecordWriter::send(std::vector<Pending> pending) {
  std::vector<Document> statements;
  for (auto& each : pending) statements.push_back(std::move(each.statement));
  const auto reply = client_.updateAll(collection_, statements);
  for (std::size_t i = 0; i < pending.size(); ++i) pending[i].statement = std::move(statements[i]);
  if (reply) return afterReply(*reply, std::move(pending));
  if (reply.error().remedy != Remedy::Refuse) return reply.error().error();
  // The server, or libmongoc, does not say which record it refuses.
  for (auto& each : pending) {
    auto plain = inPlainForm(std::move(each), reply.error());
    if (!plain) return plain.error();
    each = std::move(*plain);
  }
  return pending;
}

// A duplicate key says that the record that is there was not replaced: it is newer, or another process has added it
// since the server looked.
Result<std::vector<MongodbRecordWriter::Pending>> MongodbRecordWriter::afterReply(const WriteReply& reply,
                                                                                  std::vector<Pending> sent) {
  std::vector<Pending> contested;
  std::vector<Pending> refused;
  for (const auto& [index, error] : reply.failures) {
    auto& failed = sent.at(index);
    if (error.remedy == Remedy::Duplicate) {
      contested.push_back(std::move(failed));
    } else if (error.remedy == Remedy::Refuse) {
      auto plain = inPlainForm(std::move(failed), error);
      if (!plain) return plain.error();
      refused.push_back(std::move(*plain));
    } else {
      return error.error();
    }
  }
  auto left = notSuperseded(std::move(contested));
  if (left) std::ranges::move(refused, std::back_inserter(*left));
  return left;
}

Result<std::vector<MongodbRecordWriter::Pending>> MongodbRecordWriter::notSuperseded(std::vector<Pending> contested) {
  if (contested.empty()) return contested;
  std::vector<std::string> ids;
  for (const auto& each : contested) ids.emplace_back(DocumentView(each.statement).text("q._id").value_or(""));
  const auto filter = Document().add("_id", Document().add("$in", std::span<const std::string>(ids)));
  const auto projection = Document().add("leptir.lease", 1).add("leptir.step", 1).add("leptir.expires", 1);
  const auto stored = client_.find(collection_, filter, Document().add("projection", projection));
  if (!stored) return stored.error().error();
  std::unordered_map<std::string_view, const Document*> byId;
  for (const auto& document : *stored) byId.emplace(DocumentView(document).text("_id").value_or(""), &document);
  std::vector<Pending> left;
  for (std::size_t i = 0; i < contested.size(); ++i) {
    const auto found = byId.find(ids[i]);
    if (found == byId.end() || isReplaceable(*found->second, *contested[i].info, now_))
      left.push_back(std::move(contested[i]));
  }
  return left;
}

Result<MongodbRecordWriter::Pending> MongodbRecordWriter::inPlainForm(Pending refused, const MongodbError& why) {
  if (refused.isPlain) return why.error().in("the record of task " + refused.info->id);
  refused.statement = statementOf(withJsonAsText(*refused.info));
  refused.isPlain = true;
  return refused;
}

}  // namespace leptir::mongodb
