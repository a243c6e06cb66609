#include "backends/mongodb/mongodb_fleet.h"

#include <algorithm>
#include <limits>

#include "backends/mongodb/repeated.h"
#include "backends/mongodb/task_update.h"
#include "base/saturated.h"
#include "base/utf8.h"
#include "broker/fleet_rules.h"

namespace leptir::mongodb {
namespace {

constexpr const char* kExpires = "expires";
// The document of the version has a number for its `_id`, which no text has.
constexpr std::int64_t kVersionDocumentId = 0;
constexpr int kMaxUpserts = 5;

// The server removes expired texts once a minute; until then they do not count.
Document unexpired(Document filter, Time now) {
  return std::move(filter.add(kExpires, Document().add("$not", Document().add("$lte", now))));
}

// {u: […]}: the whole document but its `_id`. `token` marks the call that wrote it.
Document replacement(std::string_view value, std::optional<Duration> lifetime, std::string_view token) {
  auto fields = Document().add("value", op("$literal", value)).add("token", token);
  std::vector<Document> stages;
  if (lifetime) {
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(
        std::clamp<Duration>(*lifetime, Duration::zero(), Duration(kMaxTimeSpan)));
    Document expiry;
    BCON_APPEND(expiry.mutableBson(), "$add", "[", "$$NOW", BCON_INT64(milliseconds.count()), "]");
    stages.push_back(op("$set", fields.add(kExpires, expiry)));
  } else {
    stages.push_back(op("$set", fields));
    stages.push_back(op("$unset", kExpires));
  }
  return Document().add("u", std::span<const Document>(stages)).add("upsert", true);
}

// Whether the one statement was applied; false: another document has its key.
MongodbResult<bool> isApplied(const MongodbResult<WriteReply>& reply) {
  if (!reply) return tl::unexpected(reply.error());
  if (reply->failures.empty()) return true;
  const auto& error = reply->failures.front().error;
  if (error.remedy == Remedy::Duplicate) return false;
  return tl::unexpected(error);
}

// The least text that no text with this prefix reaches.
std::string endOfPrefix(std::string_view prefix) {
  std::string end(prefix);
  end.back() = static_cast<char>(end.back() + 1);
  return end;
}

}  // namespace

// Two processes that add one key at the same moment: one of them is refused, and then replaces the other's text.
Result<void> MongodbFleet::put(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  if (auto fine = broker::checkFleetEntry(key, value); !fine) return fine;
  const auto statement = merged(Document().add("q", Document().add("_id", key)), replacement(value, lifetime, ""));
  for (int attempt = 1;; ++attempt) {
    const auto done =
        isApplied(repeatIfConnectionLost([&] { return client_.updateAll(queue_->fleet, {&statement, 1}); }));
    if (!done) return done.error().error();
    if (*done) return noteChange(key);
    if (attempt == kMaxUpserts)
      return Error(ErrorCode::Unavailable,
                   client_.where() + ": other processes add and remove '" + std::string(key) + "' again and again");
  }
}

// The filter finds a text that has expired. Where one stands that has not, the upsert is refused, since its `_id` is
// taken; after a lost reply the token tells whether that is the text of this call.
Result<bool> MongodbFleet::putIfAbsent(std::string_view key, std::string_view value, std::optional<Duration> lifetime) {
  if (auto fine = broker::checkFleetEntry(key, value); !fine) return fine.error();
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  const auto token = makeToken();
  const auto expired = Document().add("_id", key).add(kExpires, op("$lte", *now));
  const auto statement = merged(Document().add("q", expired), replacement(value, lifetime, token));
  const auto done =
      isApplied(repeatIfConnectionLost([&] { return client_.updateAll(queue_->fleet, {&statement, 1}); }));
  if (!done) return done.error().error();
  if (!*done) {
    const auto isOurs = isStored(Document().add("_id", key).add("token", token));
    if (!isOurs || !*isOurs) return isOurs;
  }
  if (auto noted = noteChange(key); !noted) return noted.error();
  return true;
}

// After a lost reply a text that is not there any more has been removed.
Result<bool> MongodbFleet::erase(std::string_view key) {
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  const auto statement = Document().add("q", unexpired(Document().add("_id", key), *now)).add("limit", 1);
  const auto existed = isStored(unexpired(Document().add("_id", key), *now));
  if (!existed || !*existed) return existed;
  bool wasRetried = false;
  const auto done = repeatIfConnectionLost([&] {
    auto reply = client_.deleteAll(queue_->fleet, {&statement, 1});
    wasRetried = wasRetried || !reply;
    return reply;
  });
  if (!done) return done.error().error();
  if (!done->failures.empty()) return done->failures.front().error.error();
  if (done->matched == 0 && !wasRetried) return false;
  if (auto noted = noteChange(key); !noted) return noted.error();
  return true;
}

Result<std::string> MongodbFleet::get(std::string_view key) {
  if (auto fine = broker::checkFleetEntry(key, ""); !fine) return broker::noSuchFleetEntry(key);
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  const auto found =
      client_.find(queue_->fleet, unexpired(Document().add("_id", key), *now), Document().add("limit", 1));
  if (!found) return found.error().error();
  const auto value = found->empty() ? std::nullopt : DocumentView(found->front()).text("value");
  return value ? Result<std::string>(std::string(*value)) : broker::noSuchFleetEntry(key);
}

Result<std::vector<FleetEntry>> MongodbFleet::list(std::string_view prefix, std::string_view after, std::size_t limit) {
  std::vector<FleetEntry> entries;
  if (limit == 0 || !std::ranges::all_of(prefix, base::isPrintableAscii)) return entries;
  const auto now = client_.serverTime();
  if (!now) return now.error().error();
  auto keys = after >= prefix && !after.empty() ? op("$gt", utf8OrEscaped(after)) : op("$gte", prefix);
  if (!prefix.empty()) keys.add("$lt", endOfPrefix(prefix));
  const auto options =
      Document().add("sort", Document().add("_id", 1)).add("limit", base::saturatedCast<std::int64_t>(limit));
  const auto found = client_.find(queue_->fleet, unexpired(Document().add("_id", keys), *now), options);
  if (!found) return found.error().error();
  for (const auto& document : *found) {
    const DocumentView view(document);
    const auto key = view.text("_id"), value = view.text("value");
    if (key && value) entries.push_back({std::string(*key), std::string(*value)});
  }
  return entries;
}

// At least the time in milliseconds, so that no version is repeated after the collection was dropped.
Result<void> MongodbFleet::noteChange(std::string_view key) {
  if (!broker::changesFleetVersion(key)) return {};
  Document next;
  BCON_APPEND(next.mutableBson(), "$max", "[", "{", "$toLong", "$$NOW", "}", "{", "$add", "[", "{", "$ifNull", "[",
              "$version", BCON_INT64(0), "]", "}", BCON_INT64(1), "]", "}", "]");
  const std::vector<Document> stages{op("$set", Document().add("version", next))};
  const auto statement = Document()
                             .add("q", Document().add("_id", kVersionDocumentId))
                             .add("u", std::span<const Document>(stages))
                             .add("upsert", true);
  for (int attempt = 1;; ++attempt) {
    const auto done =
        isApplied(repeatIfConnectionLost([&] { return client_.updateAll(queue_->fleet, {&statement, 1}); }));
    if (!done) return done.error().error();
    if (*done) return {};
    if (attempt == kMaxUpserts)
      return Error(ErrorCode::Unavailable, client_.where() + ": the version of orders and pauses cannot be changed");
  }
}

Result<std::uint64_t> MongodbFleet::version() {
  const auto found = client_.find(queue_->fleet, Document().add("_id", kVersionDocumentId), Document().add("limit", 1));
  if (!found) return found.error().error();
  const auto version = found->empty() ? std::nullopt : DocumentView(found->front()).integer("version");
  return static_cast<std::uint64_t>(version.value_or(0));
}

Result<bool> MongodbFleet::isStored(const Document& filter) {
  const auto found = client_.find(queue_->fleet, filter, Document().add("limit", 1));
  if (!found) return found.error().error();
  return !found->empty();
}

std::span<const MongodbIndex> MongodbFleet::indexes() {
  static const std::vector<MongodbIndex> kIndexes{
      {.name = "leptir_fleet", .key = Document().add(kExpires, 1), .expireAfter = std::chrono::seconds(0)}};
  return kIndexes;
}

}  // namespace leptir::mongodb
