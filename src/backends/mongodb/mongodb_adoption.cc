#include "backends/mongodb/mongodb_adoption.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>

#include "backends/mongodb/bson_to_json.h"
#include "backends/mongodb/repeated.h"
#include "backends/mongodb/task_update.h"
#include "base/escape.h"
#include "base/task_id.h"

namespace leptir::mongodb {
namespace {

constexpr std::int64_t kAdoptedAtOnce = 1'000;
constexpr int kMaxAdoptionRounds = 100;
constexpr Duration kMinAdoptionPause = std::chrono::milliseconds(500);
// The pause is at least so many times as long as the search was. It took 60 ms beside 20,000 waiting tasks on FerretDB,
// whose index does not answer it.
constexpr int kPauseToSearchRatio = 50;
// So many documents that cannot be adopted are left alone at most, since each search names them.
constexpr std::size_t kMaxUnadoptable = 100;

constexpr const char* kIdTooLong = "its _id is too long";

Document anyOf(std::initializer_list<Document> cases) {
  return op("$or", std::span<const Document>(cases.begin(), cases.size()));
}

// A due time that is no date: each case is a range of the index leptir_due, which {$not: {$type: "date"}} is not: for
// that the server would fetch all tasks that wait.
Document missingOrEmptyCondition() {
  Document values;
  BCON_APPEND(values.mutableBson(), "$in", "[", BCON_NULL, "[", "]", "]");
  return values;
}
Document nonDateCondition() {
  static const std::vector<std::string> kOtherTypes{
      "minKey", "number", "string",    "object", "binData",    "undefined",           "objectId",
      "bool",   "regex",  "dbPointer", "symbol", "javascript", "javascriptWithScope", "timestamp",
      "maxKey"};
  return op("$type", std::span<const std::string>(kOtherTypes));
}

// All cases are ranges of the index leptir_due.
Document unadoptedFilter() {
  const std::vector<std::string> states{state::kWaiting, state::kLeased, state::kBuried};
  const auto waiting = Document().add(field::kState, state::kWaiting);
  return anyOf({Document().add(field::kState, op("$nin", std::span<const std::string>(states))),
                Document(waiting).add(field::kDue, missingOrEmptyCondition()),
                Document(waiting).add(field::kDue, nonDateCondition())});
}

// A search sees arrays as their members: [{state: "waiting", …}] is found like {state: "waiting", …}, but cannot be
// changed like it. An `_id` of more than kMaxHandleBytes can be named by no lease.
Document malformedFilter(DocumentView document) {
  if (!handleOf(document)) return Document().add(field::kState, op("$ne", state::kBuried));
  const auto exists = op("$exists", true);
  return anyOf({Document().add("leptir.0", exists), Document().add("leptir.state.0", exists),
                Document().add("leptir.due.0", exists)});
}

std::string idText(DocumentView document) {
  std::string text;
  if (const auto id = document.find("_id")) appendJson(*id, text, 0);
  return base::inQuotes(text, 200);
}

}  // namespace

Document adoptionProjection() {
  return Document().add("td.id", 1).add("toex", 1).add(field::kState, 1).add(field::kDue, 1).add(field::kLease, 1);
}

bool isWellFormed(DocumentView document) {
  return document.text(field::kState) && document.date(field::kDue) && handleOf(document);
}

MongodbResult<std::size_t> MongodbAdoption::adoptSome() {
  const auto began = systemClock().bootTime();
  const auto adopted = findAndAdopt();
  const auto now = systemClock().bootTime();
  next_ = now + std::max<Duration>(kMinAdoptionPause, (now - began) * kPauseToSearchRatio);
  return adopted;
}

MongodbResult<std::size_t> MongodbAdoption::findAndAdopt() {
  auto filter = unadoptedFilter();
  if (!queue_.unadoptable.empty()) filter.add("_id", ids("$nin", queue_.unadoptable));
  const auto found = queue_.client->find(
      queue_.tasks, filter, Document().add("projection", adoptionProjection()).add("limit", kAdoptedAtOnce));
  if (!found) return tl::unexpected(found.error());
  return adopt(*found, unadoptedFilter());
}

MongodbResult<std::size_t> MongodbAdoption::repair(std::span<const Document> documents) {
  std::size_t repaired = 0;
  for (const auto& document : documents) {
    const auto done = adopt({&document, 1}, malformedFilter(document));
    if (!done) return done;
    repaired += *done;
  }
  return repaired;
}

// Writes each document with the id of its task first; again without it, if another task has that id.
MongodbResult<std::size_t> MongodbAdoption::adopt(std::span<const Document> documents, const Document& filter) {
  if (documents.empty()) return std::size_t{0};
  const auto now = queue_.client->serverTime();
  if (!now) return tl::unexpected(now.error());
  std::vector<DocumentView> left(documents.begin(), documents.end());
  std::size_t adopted = 0;
  for (const auto withId : {WithId::Yes, WithId::No}) {
    std::vector<Document> statements;
    std::vector<std::string> buriedIds(left.size());
    for (std::size_t i = 0; i < left.size(); ++i)
      statements.push_back(statement(left[i], filter, *now, withId, buriedIds[i]));
    if (statements.empty()) break;
    const auto done = repeatIfConnectionLost([&] { return queue_.client->updateAll(queue_.tasks, statements); });
    if (!done) return tl::unexpected(done.error());
    adopted += static_cast<std::size_t>(done->matched);
    std::vector<DocumentView> again;
    for (const auto& failure : done->failures) {
      buriedIds[failure.index].clear();
      if (failure.error.remedy == Remedy::Duplicate) {
        again.push_back(left[failure.index]);
      } else if (failure.error.remedy != Remedy::Retry) {
        leaveAlone(left[failure.index], failure.error);
      }
    }
    for (auto& id : buriedIds) {
      if (!id.empty()) queue_.noteBurial(std::move(id), kIdTooLong);
    }
    left = std::move(again);
  }
  return adopted;
}

// What leptir keeps of the task, in place of whatever stood there. `buriedId`: the id of a document that cannot be a
// task.
Document MongodbAdoption::statement(DocumentView document, const Document& filter, Time now, WithId withId,
                                    std::string& buriedId) {
  const bool isTask = handleOf(document).has_value();
  Document fields;
  fields.add("state", isTask ? state::kWaiting : state::kBuried)
      .add("due", storableTime(dueOfForeign(document).value_or(now)));
  const auto id = document.text("td.id");
  if (withId == WithId::Yes && id && !id->empty()) fields.add("id", *id);
  if (!isTask) {
    if (!DocumentView(fields).find("id")) fields.add("id", base::makeTaskId());
    buriedId = DocumentView(fields).text("id").value_or("");
    fields.add("reason", kIdTooLong).add("buriedAt", queue_.nextBurialNumber(now));
  }
  TaskUpdate update;
  update.compute("leptir", op("$literal", fields));
  Document whole;
  if (const auto value = document.find("_id")) whole.add("_id", *value);
  return updateStatement(merged(whole, filter), update);
}

// The server says that the document would be too large, or a validator of the collection refuses it.
void MongodbAdoption::leaveAlone(DocumentView document, const MongodbError& why) {
  const auto handle = handleOf(document);
  if (!handle || queue_.unadoptable.size() == kMaxUnadoptable) return;
  queue_.unadoptable.push_back(*handle);
  queue_.notices.push_back(
      fmt::format("{}: the document {} of the collection {} cannot become a task, and stays as it is; remove it or "
                  "make it smaller: {}",
                  queue_.client->where(), idText(document), base::inQuotes(queue_.tasks), why.message));
}

MongodbResult<void> MongodbAdoption::adoptAll() {
  for (int round = 0; round < kMaxAdoptionRounds; ++round) {
    const auto adopted = adoptSome();
    if (!adopted) return tl::unexpected(adopted.error());
    if (*adopted == 0) break;
  }
  return {};
}

MongodbResult<std::size_t> MongodbAdoption::adoptFromTimeToTime() {
  return systemClock().bootTime() < next_ ? MongodbResult<std::size_t>(0) : adoptSome();
}

}  // namespace leptir::mongodb
