#include "backends/mongodb/mongodb_record_lister.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "backends/mongodb/id_order.h"
#include "backends/mongodb/list_steps.h"
#include "backends/mongodb/record_document.h"
#include "backends/mongodb/task_update.h"
#include "base/cursor.h"
#include "leptir/spi/task_list.h"
#include "meta/meta_filter.h"

namespace leptir::mongodb {
namespace {

constexpr std::size_t kMinRecordsPerStep = 100;

// Records that have not expired. A search finds arrays as their members: such documents have no place in an order.
Document listableFilter(Time now) {
  const auto absent = op("$exists", false);
  return Document()
      .add("leptir.expires", Document().add("$not", Document().add("$lte", now)))
      .add("leptir.0", absent)
      .add("leptir.saved.0", absent);
}

}  // namespace

Result<RecordList> MongodbRecordLister::list(std::string_view cursor) {
  auto position = cursor.empty() ? Position() : positionIn(cursor);
  if (!position) return base::noSuchCursor(cursor);
  at_ = std::move(*position);
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  now_ = *now;
  while (!isFull()) {
    const auto documents = readStep();
    if (!documents) return documents.error().error();
    if (documents->empty()) return std::move(list_);
    for (std::size_t i = 0; i < documents->size() && !isFull(); ++i) addIfMatching((*documents)[i]);
  }
  list_.cursor = cursorText();
  return std::move(list_);
}

bool MongodbRecordLister::isFull() const {
  return list_.records.size() >= limit_ || list_.examined >= kMaxRecordsExamined || bytes_ > kMaxPageBytes;
}

// --- cursors: `1795462346667348:<_id>`; `:<_id>` of a record without a time

std::string MongodbRecordLister::cursorText() const {
  return (at_.saved ? std::to_string(*at_.saved) : std::string()) + ":" + hexOfId(*at_.id);
}

std::optional<MongodbRecordLister::Position> MongodbRecordLister::positionIn(std::string_view cursor) {
  const auto colon = cursor.find(':');
  if (colon == std::string_view::npos) return {};
  Position position{.id = idOfHex(cursor.substr(colon + 1))};
  if (!position.id) return {};
  if (colon == 0) return position;
  const auto* const end = cursor.data() + colon;
  const auto [behind, error] = std::from_chars(cursor.data(), end, position.saved.emplace());
  return error == std::errc() && behind == end ? std::optional(std::move(position)) : std::nullopt;
}

// --- which records come next

// They are asked for one after the other, so that the server reads each from an index, in its order.
std::vector<Document> MongodbRecordLister::filters() const {
  const auto all = listableFilter(now_);
  const auto withoutTime = Document(all).addNull(kRecordSaved);
  std::vector<Document> filters;
  if (at_.id) {
    const auto same = at_.saved ? Document(all).add(kRecordSaved, *at_.saved) : withoutTime;
    for (const auto& behind :
         filtersAfter(*DocumentView(*at_.id).find("_id"), isEarliestFirst() ? IdOrder::Rising : IdOrder::Falling))
      filters.push_back(merged(same, behind));
  }
  if (at_.id && !at_.saved) return filters;
  filters.push_back(Document(all).add(kRecordSaved, savedRange()));
  if (!hasTimeBounds()) filters.push_back(withoutTime);
  return filters;
}

Document MongodbRecordLister::savedRange() const {
  const auto least =
      filter_.savedFrom ? filter_.savedFrom->time_since_epoch().count() : std::numeric_limits<std::int64_t>::min();
  static const std::vector<std::string> kIntegers{"int", "long"};
  auto range = op("$gte", least).add("$type", std::span<const std::string>(kIntegers));
  if (at_.saved && !isEarliestFirst()) return range.add("$lt", *at_.saved);
  if (at_.saved) range.add("$gt", *at_.saved);
  if (filter_.savedBefore) return range.add("$lt", filter_.savedBefore->time_since_epoch().count());
  return range;
}

// --- reading them

MongodbResult<std::vector<Document>> MongodbRecordLister::readStep() {
  const auto left = static_cast<std::size_t>(kMaxRecordsExamined - list_.examined);
  const auto most = std::min({left, kMaxDocsPerStep, std::max(limit_ - list_.records.size(), kMinRecordsPerStep)});
  const int direction = isEarliestFirst() ? 1 : -1;
  const auto options = Document()
                           .add("sort", Document().add(kRecordSaved, direction).add("_id", direction))
                           .add("limit", static_cast<std::int64_t>(most))
                           .add("maxTimeMS", kMaxStepMs);
  for (const auto& filter : filters()) {
    auto found = client_.findUpTo(kMaxPageBytes - bytes_, collection_, filter, options);
    if (!found || !found->empty()) return found;
  }
  return std::vector<Document>();
}

void MongodbRecordLister::addIfMatching(DocumentView document) {
  ++list_.examined;
  at_.saved = document.integer(kRecordSaved);
  at_.id.emplace();
  if (const auto id = document.find("_id")) at_.id->add("_id", *id);
  if (!meta::matchesId(document.text("_id").value_or(""), filter_)) return;
  auto record = recordOf(document);
  if (!meta::matches(record, filter_)) return;
  bytes_ += document.bytes();
  list_.records.push_back(std::move(record));
}

}  // namespace leptir::mongodb
