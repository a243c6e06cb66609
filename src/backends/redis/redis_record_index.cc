#include "backends/redis/redis_record_index.h"

#include <algorithm>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_script.h"
#include "backends/redis/redis_script_texts.h"

namespace leptir::redis {
namespace {

const RedisScript& changeRecordIndexScript() {
  static const RedisScript kScript(lua::kChangeRecordIndex);
  return kScript;
}

std::string_view wordOf(IndexChange change) {
  if (change == IndexChange::Remove) return "remove";
  return change == IndexChange::AddUnlessThere ? "keep" : "add";
}

}  // namespace

RedisRecordIndex::RedisRecordIndex(std::shared_ptr<RedisConnection> connection, const std::string& key,
                                   std::string expiry)
    : connection_(std::move(connection)), key_(key + ".failures"), expiry_(std::move(expiry)) {}

Result<void> RedisRecordIndex::write(std::span<const MetaInfo> records, std::span<const IndexChange> changes) {
  if (std::ranges::all_of(changes, [](IndexChange change) { return change == IndexChange::Nothing; })) return {};
  RedisScriptCall call(changeRecordIndexScript());
  call.keys(key_).arguments(kMaxSize, expiry_);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    if (changes[i] != IndexChange::Nothing) call.arguments(wordOf(changes[i]), records[i].id);
  }
  const auto written = runScript(*connection_, call);
  // Another program's value under the key of the index, or no rights to it: the index is only a hint, and the records
  // are saved.
  if (!written) return written.error().code() == ErrorCode::Invalid ? Result<void>() : written.error();
  const auto isDone = RedisExpect(*connection_).integer(written->value(), 1, 1);
  return isDone ? Result<void>() : isDone.error();
}

Result<std::vector<std::string>> RedisRecordIndex::read(std::size_t offset, std::size_t count) {
  const auto first = std::to_string(offset);
  const auto last = std::to_string(offset + count - 1);
  const auto reply = connection_->run({"ZREVRANGE", key_, first, last});
  if (!reply) return reply.error();
  if (auto fits = RedisExpect(*connection_).texts(reply->value()); !fits) return fits.error();
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < reply->value().size(); ++i) ids.emplace_back(reply->value()[i].text());
  return ids;
}

// Entries of one score are ordered by their ids, in descending order if the latest come first. Reads on until an entry
// is behind `last`, since other programs may have written many entries of one score.
Result<std::vector<IndexEntry>> RedisRecordIndex::readBehind(const std::optional<IndexEntry>& last,
                                                             std::string_view least, std::string_view most,
                                                             std::size_t count, ListOrder order) {
  const bool isLatestFirst = order == ListOrder::LatestFirst;
  if (last) (isLatestFirst ? most : least) = last->score;
  for (auto wanted = count + 1;; wanted *= 2) {
    auto entries = readRange(least, most, wanted, order);
    if (!entries) return entries;
    const bool areAll = entries->size() < wanted;
    if (last) {
      std::erase_if(*entries, [&](auto& each) {
        return each.score == last->score && (isLatestFirst ? each.id >= last->id : each.id <= last->id);
      });
    }
    if (entries->empty() && !areAll) continue;
    entries->resize(std::min(entries->size(), count));
    return entries;
  }
}

Result<std::vector<IndexEntry>> RedisRecordIndex::readRange(std::string_view least, std::string_view most,
                                                            std::size_t count, ListOrder order) {
  const auto limit = std::to_string(count);
  const auto reply =
      order == ListOrder::LatestFirst
          ? connection_->run({"ZRANGE", key_, most, least, "BYSCORE", "REV", "LIMIT", "0", limit, "WITHSCORES"})
          : connection_->run({"ZRANGE", key_, least, most, "BYSCORE", "LIMIT", "0", limit, "WITHSCORES"});
  if (!reply) return reply.error();
  const auto values = reply->value();
  if (auto fits = RedisExpect(*connection_).texts(values); !fits) return fits.error();
  std::vector<IndexEntry> entries;
  for (std::size_t i = 0; i + 1 < values.size() && entries.size() < count; i += 2)
    entries.push_back({.score = std::string(values[i + 1].text()), .id = std::string(values[i].text())});
  return entries;
}

}  // namespace leptir::redis
