#include "backends/mongodb/session_documents.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/mongodb/mongodb_indexes.h"
#include "backends/mongodb/repeated.h"
#include "backends/mongodb/task_update.h"
#include "base/failpoint.h"

namespace leptir::mongodb {
namespace {

constexpr const char* kSessionOpen = "open";
constexpr const char* kSessionClaimed = "claimed";
constexpr const char* kSessionClosed = "closed";
// The epochs of an instance are remembered for so long after its last renewal.
constexpr Duration kEpochRetention = std::chrono::hours(24 * 30);

// $$NOW and `later`, as an expression of a pipeline.
Document fromNow(Duration later) {
  const std::int64_t count = std::chrono::duration_cast<std::chrono::milliseconds>(later).count();
  Document sum;
  BCON_APPEND(sum.mutableBson(), "$add", "[", "$$NOW", BCON_INT64(count), "]");
  return sum;
}

Document oneStage(const char* stage, const Document& content) {
  const std::vector<Document> stages{op(stage, content)};
  return Document().add("u", std::span<const Document>(stages));
}

Document openFilter(const SessionId& session) {
  return Document()
      .add("_id", session.instance)
      .add("epoch", static_cast<std::int64_t>(session.epoch))
      .add("state", kSessionOpen);
}

Document infoDocument(const SessionInfo& info) {
  return Document()
      .add("host", utf8OrEscaped(info.host))
      .add("pid", info.pid)
      .add("version", utf8OrEscaped(info.version))
      .add("workers", info.workers);
}

SessionInfo infoIn(DocumentView session) {
  const auto text = [&](const char* path) { return std::string(session.text(path).value_or("")); };
  const auto number = [&](const char* path) { return static_cast<int>(session.integer(path).value_or(0)); };
  return {.host = text("info.host"),
          .pid = number("info.pid"),
          .version = text("info.version"),
          .workers = number("info.workers")};
}

SessionId sessionIn(DocumentView document) {
  return {.instance = std::string(document.text("_id").value_or("")),
          .epoch = static_cast<std::uint64_t>(document.integer("epoch").value_or(0))};
}

}  // namespace

// A token tells, after a lost connection, whether the session that stands there is the one of this call.
Result<void> SessionDocuments::open(const SessionId& session, const SessionInfo& info, Duration lease) {
  const auto epoch = static_cast<std::int64_t>(session.epoch);
  const auto token = makeToken();
  const auto filter = Document().add("_id", session.instance).add("epoch", op("$lt", epoch));
  const auto opened = Document()
                          .add("epoch", epoch)
                          .add("state", kSessionOpen)
                          .add("expires", fromNow(lease))
                          .add("forget", fromNow(kEpochRetention))
                          .add("token", token)
                          .add("info", op("$literal", infoDocument(info)));
  const auto statement = merged(Document().add("q", filter).add("upsert", true), oneStage("$set", opened));
  LEPTIR_FAILPOINT("mongodb.open_session.before_send");
  const auto done = repeatIfConnectionLost([&] { return client_.updateAll(queue_.sessions, {&statement, 1}); });
  LEPTIR_FAILPOINT("mongodb.open_session.after_reply");
  if (done && done->failures.empty()) return {};
  const auto& error = done ? done->failures.front().error : done.error();
  if (error.remedy != Remedy::Duplicate) return error.error();
  const auto isOurs = isStored(openFilter(session).add("token", token));
  if (!isOurs) return isOurs.error().error();
  if (*isOurs) return {};
  return Error(ErrorCode::Invalid, fmt::format("{}: epoch {} of this instance, or a later one, was opened before",
                                               client_.where(), session.epoch));
}

MongodbResult<std::optional<Time>> SessionDocuments::timeIfOpen(const SessionId& session) {
  const std::vector<Document> stages{op("$match", openFilter(session)), op("$project", Document().add("now", "$$NOW"))};
  const auto reply = client_.read(Document()
                                      .add("aggregate", queue_.sessions)
                                      .add("pipeline", std::span<const Document>(stages))
                                      .add("cursor", Document()));
  if (!reply) return tl::unexpected(reply.error());
  for (const auto& found : DocumentView(*reply).documents("cursor.firstBatch")) return found.date("now");
  return std::optional<Time>();
}

MongodbResult<bool> SessionDocuments::renew(const SessionId& session, Duration lease) {
  const auto change =
      oneStage("$set", Document().add("expires", fromNow(lease)).add("forget", fromNow(kEpochRetention)));
  const auto matched = update(openFilter(session), change);
  if (!matched) return tl::unexpected(matched.error());
  return *matched > 0;
}

MongodbResult<bool> SessionDocuments::close(const SessionId& session) {
  const auto matched =
      update(openFilter(session), Document().add("u", op("$set", Document().add("state", kSessionClosed))));
  if (!matched) return tl::unexpected(matched.error());
  if (*matched > 0) return true;
  return isStored(Document()
                      .add("_id", session.instance)
                      .add("epoch", static_cast<std::int64_t>(session.epoch))
                      .add("state", kSessionClosed));
}

MongodbResult<void> SessionDocuments::expire(std::string_view instance) {
  const auto done = update(Document().add("_id", instance).add("state", kSessionOpen),
                           oneStage("$set", Document().add("expires", "$$NOW")));
  if (!done) return tl::unexpected(done.error());
  return {};
}

// The comparison stands in the update: FerretDB does not know $$NOW in a filter that an index serves.
MongodbResult<void> SessionDocuments::claimExpired(const std::set<std::string>& spared) {
  const std::vector<std::string> names(spared.begin(), spared.end());
  const auto filter = Document().add("state", kSessionOpen).add("_id", op("$nin", std::span<const std::string>(names)));
  Document state;
  BCON_APPEND(state.mutableBson(), "$cond", "[", "{", "$lte", "[", "$expires", "$$NOW", "]", "}", kSessionClaimed,
              "$state", "]");
  const auto done = update(filter, oneStage("$set", Document().add("state", state)).add("multi", true));
  if (!done) return tl::unexpected(done.error());
  return {};
}

MongodbResult<std::vector<std::string>> SessionDocuments::notOpen(const std::vector<std::string>& names) {
  std::vector<std::string> instances;
  for (const auto& name : names) instances.emplace_back(instanceIn(name));
  const auto filter =
      Document().add("_id", op("$in", std::span<const std::string>(instances))).add("state", kSessionOpen);
  const auto open = client_.find(queue_.sessions, filter, Document());
  if (!open) return tl::unexpected(open.error());
  std::set<std::string> openNames;
  for (const auto& document : *open) openNames.insert(sessionName(sessionIn(document)));
  auto others = names;
  std::erase_if(others, [&](const std::string& name) { return openNames.contains(name); });
  return others;
}

MongodbResult<std::vector<ListedSession>> SessionDocuments::list(Page page) {
  if (page.limit == 0) return std::vector<ListedSession>();
  const auto now = client_.serverTime();
  if (!now) return tl::unexpected(now.error());
  const auto options = Document()
                           .add("sort", Document().add("_id", 1))
                           .add("skip", static_cast<std::int64_t>(page.offset))
                           .add("limit", static_cast<std::int64_t>(page.limit));
  const auto found = client_.find(queue_.sessions, Document().add("state", kSessionOpen), options);
  if (!found) return tl::unexpected(found.error());
  std::vector<ListedSession> listed;
  for (const auto& document : *found) {
    const DocumentView view(document);
    const auto expires = view.date("expires").value_or(*now);
    listed.push_back(
        {.session = sessionIn(view), .info = infoIn(view), .expiresIn = std::max(expires - *now, Duration::zero())});
  }
  return listed;
}

std::span<const MongodbIndex> SessionDocuments::indexes() {
  static const std::vector<MongodbIndex> kIndexes{
      {.name = "leptir_open", .key = Document().add("state", 1)},
      {.name = "leptir_forget", .key = Document().add("forget", 1), .expireAfter = std::chrono::seconds(0)}};
  return kIndexes;
}

// `change`: {u, multi…}. Returns how many documents matched.
MongodbResult<std::int64_t> SessionDocuments::update(const Document& filter, const Document& change) {
  const auto statement = merged(Document().add("q", filter), change);
  const auto done = repeatIfConnectionLost([&] { return client_.updateAll(queue_.sessions, {&statement, 1}); });
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  return done->matched;
}

MongodbResult<bool> SessionDocuments::isStored(const Document& filter) {
  const auto found = client_.find(queue_.sessions, filter, Document().add("limit", 1));
  if (!found) return tl::unexpected(found.error());
  return !found->empty();
}

}  // namespace leptir::mongodb
