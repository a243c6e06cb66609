#include "backends/mongodb/mongodb_record_writer.h"

#include <algorithm>
#include <unordered_map>

#include "backends/mongodb/mongodb_record_fit.h"
#include "base/saturated.h"

namespace leptir::mongodb {
namespace {

// Another process may replace the same record between our update and our look, but not so many times.
constexpr int kMaxSaveRounds = 50;
// A stored lease beyond this is another program's mistake, and counts as none.
constexpr std::int64_t kLargestLease = std::int64_t{1} << 62;

std::int64_t leaseOf(const MetaInfo& info) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(info.lease, kLargestLease));
}

std::int64_t stepOf(const MetaInfo& info) {
  return static_cast<std::int64_t>(info.step);
}

// Matches the stored record of this task if `info` may replace it: it has expired, or is older than `info`.
Document replaceableFilter(const MetaInfo& info, const ValueView& id, Time now) {
  const std::vector<Document> newerOrSame{
      Document().add("leptir.lease", Document().add("$gt", leaseOf(info)).add("$lte", kLargestLease)),
      Document().add("leptir.lease", leaseOf(info)).add("leptir.step", Document().add("$gte", stepOf(info)))};
  const std::vector<Document> either{Document().add("leptir", Document().add("$type", "array")),
                                     Document().add("leptir.expires", Document().add("$lte", now)),
                                     Document().add("$nor", std::span<const Document>(newerOrSame))};
  return Document().add("_id", id).add("$or", std::span<const Document>(either));
}

// replaceableFilter(), for a stored record that was read.
bool isReplaceable(DocumentView stored, const MetaInfo& info, Time now) {
  if (const auto expires = stored.date("leptir.expires"); expires && *expires <= now) return true;
  const auto lease = stored.integer("leptir.lease");
  if (!lease || *lease > kLargestLease) return true;
  if (*lease != leaseOf(info)) return *lease < leaseOf(info);
  return stored.integer("leptir.step").value_or(0) < stepOf(info);
}

// Whether the task has no record yet, as a rule: it is its first run, and either the record says that it has begun or
// it ended before such a record was due. (A wrong guess costs a round trip. An insert is many times cheaper.)
bool isLikelyTheFirst(const MetaInfo& info) {
  constexpr double kRecordInProgressAfter = 0.2;  // seconds
  return info.attempt <= 1 && (info.step == MetaStep::Running || info.executionTime < kRecordInProgressAfter);
}

// The newest record of each task, in the order of the call.
std::vector<const MetaInfo*> newestOfEach(std::span<const MetaInfo> records) {
  std::unordered_map<std::string_view, const MetaInfo*> newest;
  for (const auto& record : records) {
    const auto [found, isFirst] = newest.try_emplace(record.id, &record);
    if (!isFirst && supersedes(record, found->second->lease, found->second->step)) found->second = &record;
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
  if (records.empty()) return {};
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  now_ = *now;
  auto pending = pendingOf(records);
  for (int round = 0; round < kMaxSaveRounds; ++round) {
    auto left = send(std::move(pending));
    if (!left) return left.error();
    if (left->empty()) return {};
    pending = std::move(*left);
  }
  return Error(ErrorCode::Unavailable,
               "cannot save the record of task " + pending.front().info->id + " in the collection " + collection_ +
                   ": other programs replace it again and again, or a unique index beside " + "that of _id refuses it")
      .in(client_.where());
}

MongodbRecordWriter::List MongodbRecordWriter::pendingOf(std::span<const MetaInfo> records) {
  List pending;
  for (const auto* info : newestOfEach(records))
    pending.push_back({info, documentOf(*info), isLikelyTheFirst(*info) ? Way::Insert : Way::Replace});
  return pending;
}

Document MongodbRecordWriter::documentOf(const MetaInfo& info) {
  lastSaved_ = std::max(lastSaved_ + Duration(1), now_);
  const auto expires = expireAfter_ ? std::optional(base::saturatedAdd(now_, *expireAfter_)) : std::nullopt;
  return fittingRecordDocument(info, lastSaved_, expires, maxDocumentBytes_);
}

Result<MongodbRecordWriter::List> MongodbRecordWriter::send(List pending) {
  List first, later;
  for (auto& each : pending) (each.way == Way::Insert ? first : later).push_back(std::move(each));

  const auto inserted = insert(first);
  auto left = unsaved(inserted, std::move(first));
  if (!left) return left.error();
  for (auto& each : left->contested) {
    each.way = Way::Replace;
    later.push_back(std::move(each));
  }
  auto again = std::move(left->refused);

  const auto replaced = replace(later);
  left = unsaved(replaced, std::move(later));
  if (!left) return left.error();
  std::ranges::move(left->refused, std::back_inserter(again));
  auto contested = withoutSuperseded(std::move(left->contested));
  if (!contested) return contested.error();
  std::ranges::move(*contested, std::back_inserter(again));
  return again;
}

MongodbResult<WriteReply> MongodbRecordWriter::insert(List& records) {
  if (records.empty()) return WriteReply();
  std::vector<Document> documents;
  for (auto& each : records) documents.push_back(std::move(each.document));
  auto reply = client_.insertAll(collection_, documents);
  for (std::size_t i = 0; i < records.size(); ++i) records[i].document = std::move(documents[i]);
  return reply;
}

// With `upsert`: where no record is there, one is inserted, and where one is that must stay, that fails with a
// duplicate key.
MongodbResult<WriteReply> MongodbRecordWriter::replace(const List& records) {
  if (records.empty()) return WriteReply();
  std::vector<Document> statements;
  for (const auto& [info, document, way, hasJsonAsText] : records) {
    const auto filter = replaceableFilter(*info, *DocumentView(document).find("_id"), now_);
    statements.push_back(Document().add("q", filter).add("u", document).add("upsert", true));
  }
  return client_.updateAll(collection_, statements);
}

Result<MongodbRecordWriter::Unsaved> MongodbRecordWriter::unsaved(const MongodbResult<WriteReply>& reply, List sent) {
  Unsaved unsaved;
  const auto refuse = [&](Pending& record, const MongodbError& why) -> Result<void> {
    auto converted = inJsonAsTextForm(std::move(record), why);
    if (!converted) return converted.error();
    unsaved.refused.push_back(std::move(*converted));
    return {};
  };
  if (!reply) {
    if (reply.error().remedy != Remedy::Refuse) return reply.error().error();
    for (auto& each : sent) {  // which of them is refused is not said
      if (auto refused = refuse(each, reply.error()); !refused) return refused.error();
    }
    return unsaved;
  }
  for (const auto& [index, error] : reply->failures) {
    if (error.remedy == Remedy::Duplicate) {
      unsaved.contested.push_back(std::move(sent.at(index)));
    } else if (error.remedy != Remedy::Refuse) {
      return error.error();
    } else if (auto refused = refuse(sent.at(index), error); !refused) {
      return refused.error();
    }
  }
  return unsaved;
}

Result<MongodbRecordWriter::Pending> MongodbRecordWriter::inJsonAsTextForm(Pending refused, const MongodbError& why) {
  if (refused.hasJsonAsText) return why.error().in("the record of task " + refused.info->id);
  refused.document = documentOf(withJsonAsText(*refused.info));
  refused.hasJsonAsText = true;
  return refused;
}

// Leaves out those whose stored record is newer, or the same. (Else another process has added or removed a record since
// the server compared them.)
Result<MongodbRecordWriter::List> MongodbRecordWriter::withoutSuperseded(List contested) {
  if (contested.empty()) return contested;
  std::vector<std::string> ids;
  for (const auto& each : contested) ids.emplace_back(DocumentView(each.document).text("_id").value_or(""));
  const auto filter = Document().add("_id", Document().add("$in", std::span<const std::string>(ids)));
  const auto projection = Document().add("leptir.lease", 1).add("leptir.step", 1).add("leptir.expires", 1);
  const auto stored = client_.find(collection_, filter, Document().add("projection", projection));
  if (!stored) return stored.error().error();
  std::unordered_map<std::string_view, const Document*> byId;
  for (const auto& document : *stored) byId.emplace(DocumentView(document).text("_id").value_or(""), &document);
  List left;
  for (std::size_t i = 0; i < contested.size(); ++i) {
    const auto found = byId.find(ids[i]);
    if (found == byId.end() || isReplaceable(*found->second, *contested[i].info, now_))
      left.push_back(std::move(contested[i]));
  }
  return left;
}

}  // namespace leptir::mongodb
