#include "backends/redis/redis_record_writer.h"

#include <algorithm>

#include "backends/redis/redis_errors.h"
#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_script_texts.h"

namespace leptir::redis {
namespace {

// Other writers may replace the same record between our read and our write, but not so many times.
constexpr int kMaxReplaceRounds = 1000;

const RedisScript& replaceRecordScript() {
  static const RedisScript kScript(lua::kReplaceRecord);
  return kScript;
}

const RedisScript& replaceRecordInHashScript() {
  static const RedisScript kScript(lua::kReplaceRecordInHash);
  return kScript;
}

// Replaces the stored record `old` if it still is stored.
RedisScriptCall replaceRecord(const RedisRecordLocator::Location& place, std::string_view text, std::string_view expiry,
                              const StoredValue& old) {
  RedisScriptCall call(place.isInHash() ? replaceRecordInHashScript() : replaceRecordScript());
  call.keys(place.key).arguments(text, expiry);
  if (place.isInHash()) call.arguments(place.field);
  if (old.kind == StoredValue::Kind::Text) call.arguments(old.text);
  if (old.kind == StoredValue::Kind::TooLarge) call.arguments("", old.size);
  return call;
}

struct RecordVersion {
  std::uint64_t lease = 0;
  int step = 0;  // a MetaStep; 0: older than any step
};

constexpr std::uint64_t kLargestLease = std::uint64_t{1} << 62;

// A record without a lease was written by PHP and counts as of lease 0. A text that is no record, or has an impossible
// lease, is older than any record.
RecordVersion versionOf(const std::string& text) {
  const auto record = parseJson(text);
  if (!record || !record->is_object()) return {};
  RecordVersion version{0, static_cast<int>(MetaStep::Settled)};
  if (const auto lease = record->find("lease"); lease != record->end() && lease->is_number_unsigned()) {
    version.lease = lease->get<std::uint64_t>();
    if (version.lease > kLargestLease) return {};
  }
  if (record->value("step", Json()) == static_cast<int>(MetaStep::Running))
    version.step = static_cast<int>(MetaStep::Running);
  return version;
}

// A value that is too large to be read is no record of leptir and is replaced.
bool replaces(const MetaInfo& record, const StoredValue& old) {
  if (old.kind != StoredValue::Kind::Text) return true;
  const auto stored = versionOf(old.text);
  return record.lease != stored.lease ? record.lease > stored.lease : static_cast<int>(record.step) > stored.step;
}

bool hasSucceeded(const MetaInfo& record) {
  return record.status == TaskStatus::Completed && record.returnCode == ExitStatus::Success;
}

bool isFull(RedisValue reply) {
  return reply.isError() && reply.text().starts_with("OOM");
}

}  // namespace

RedisRecordWriter::RedisRecordWriter(std::shared_ptr<RedisConnection> connection, RedisRecordLocator& locator,
                                     std::string expiry, const std::string& key)
    : connection_(std::move(connection)),
      loader_(*connection_),
      locator_(locator),
      expiry_(std::move(expiry)),
      bell_(connection_, key) {}

Result<std::vector<IndexChange>> RedisRecordWriter::write(std::span<const MetaInfo> records) {
  indexChanges_.assign(records.size(), IndexChange::Nothing);
  auto notAdded = addNew(records);
  if (!notAdded) return notAdded.error();
  if (auto replaced = replaceOlder(records, std::move(*notAdded)); !replaced) return replaced.error();
  bell_.ring(records);
  return std::move(indexChanges_);
}

// Sends the appended commands that save records, and behind them the question whether processes wait for records:
// a process that begins to wait after the answer finds the records saved. Returns the replies to the appended commands.
Result<std::vector<RedisReply>> RedisRecordWriter::exchangeAskingWhoWaits() {
  const bool isAsked = bell_.appendQuestion() > 0;
  auto replies = connection_->exchange();
  if (!replies || !isAsked) return replies;
  bell_.noteAnswer(replies->back().value());
  replies->pop_back();
  return replies;
}

// Adds all records in one exchange. Returns the records that another record kept from being added, or a full server
// refused. An unexpected reply is an error: a record that counts as saved gets its lease acknowledged, and would be
// lost if it was not saved.
Result<RedisRecordWriter::Positions> RedisRecordWriter::addNew(std::span<const MetaInfo> records) {
  hashes_.clear();
  areInHash_.clear();
  for (const auto& record : records) appendNew(record);
  appendExpiryOfHashes();
  const auto replies = exchangeAskingWhoWaits();
  if (!replies) return replies.error();
  Positions notAdded;
  for (std::size_t i = 0; i < replies->size(); ++i) {
    const auto added = isAdded((*replies)[i].value(), i < records.size() && !areInHash_[i]);
    if (!added) return added.error();
    if (i >= records.size()) continue;  // the reply to PEXPIRE of a hash
    if (!*added) {
      notAdded.push_back(i);
    } else if (!hasSucceeded(records[i])) {
      indexChanges_[i] = IndexChange::Add;
    }
  }
  return notAdded;
}

// False also when a full server refused the record: compareAndSet() then saves it.
Result<bool> RedisRecordWriter::isAdded(RedisValue reply, bool isOfSet) const {
  if (isFull(reply)) return false;
  if (reply.isError()) return connection_->errorOf(reply);
  const RedisExpect expect(*connection_);
  return isOfSet ? expect.okOrNil(reply) : expect.oneOrZero(reply);
}

void RedisRecordWriter::appendNew(const MetaInfo& record) {
  text_.clear();
  writeMetaInfo(record, text_);
  const auto place = locator_.locate(record.id);
  areInHash_.push_back(place.isInHash());
  if (place.isInHash()) {
    connection_->append({"HSETNX", place.key, place.field, text_});
    if (std::find(hashes_.rbegin(), hashes_.rend(), place.key) == hashes_.rend()) hashes_.emplace_back(place.key);
  } else if (expiry_.empty()) {
    connection_->append({"SET", place.key, text_, "NX"});
  } else {
    connection_->append({"SET", place.key, text_, "NX", "PX", expiry_});
  }
}

void RedisRecordWriter::appendExpiryOfHashes() {
  if (expiry_.empty()) return;
  for (const auto& hash : hashes_) connection_->append({"PEXPIRE", hash, expiry_});
}

// Compares the records here and sets them on the server: records contain users' text, which no script should have to
// parse.
Result<void> RedisRecordWriter::replaceOlder(std::span<const MetaInfo> records, Positions notAdded) {
  for (int round = 0; !notAdded.empty(); ++round) {
    if (round == kMaxReplaceRounds) {
      return Error(ErrorCode::Unavailable, "other writers replace the same records again and again")
          .in(connection_->address().where());
    }
    auto contenders = readStored(records, notAdded);
    if (!contenders) return contenders.error();
    std::erase_if(*contenders, [&](const Contender& contender) {
      const auto& record = records[contender.position];
      if (replaces(record, contender.old)) return false;
      indexIfAlreadySaved(record, contender);
      return true;
    });
    auto left = compareAndSet(records, *contenders);
    if (!left) return left.error();
    notAdded = std::move(*left);
  }
  return {};
}

Result<std::vector<RedisRecordWriter::Contender>> RedisRecordWriter::readStored(std::span<const MetaInfo> records,
                                                                                const Positions& notAdded) {
  std::vector<std::string_view> ids;
  for (const auto position : notAdded) ids.push_back(records[position].id);
  auto read = readRecords(*connection_, locator_, ids);
  if (!read) return read.error();
  std::vector<Contender> contenders;
  for (std::size_t i = 0; i < notAdded.size(); ++i) contenders.push_back({notAdded[i], std::move((*read)[i])});
  return contenders;
}

// Returns the records that are still not saved: the stored record changed after it was read, or the server forgot the
// script.
Result<RedisRecordWriter::Positions> RedisRecordWriter::compareAndSet(std::span<const MetaInfo> records,
                                                                      const std::vector<Contender>& contenders) {
  if (contenders.empty()) return Positions();
  if (auto loaded = loader_.load({&replaceRecordScript(), &replaceRecordInHashScript()}); !loaded)
    return loaded.error();
  for (const auto& contender : contenders) appendCompareAndSet(records[contender.position], contender.old);
  const auto replies = exchangeAskingWhoWaits();
  if (!replies) return replies.error();
  Positions left;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const auto position = contenders[i].position;
    const auto reply = (*replies)[i].value();
    const bool isForgotten = reply.isError() && isNoScript(reply.text());
    if (reply.isError() && !isForgotten) return connection_->errorOf(reply);
    if (isForgotten) loader_.forget();
    const auto isSet = isForgotten ? Result<bool>(false) : RedisExpect(*connection_).oneOrZero(reply);
    if (!isSet) return isSet.error();
    if (*isSet) {
      indexChanges_[position] = hasSucceeded(records[position]) ? IndexChange::Remove : IndexChange::Add;
    } else {
      left.push_back(position);
    }
  }
  return left;
}

void RedisRecordWriter::appendCompareAndSet(const MetaInfo& record, const StoredValue& old) {
  text_.clear();
  writeMetaInfo(record, text_);
  const auto place = locator_.locate(record.id);
  connection_->append(replaceRecord(place, text_, expiry_, old).words());
}

// A save that is repeated because its reply was lost finds its own record stored, while the index may not have been
// changed yet.
void RedisRecordWriter::indexIfAlreadySaved(const MetaInfo& record, const Contender& contender) {
  const auto stored = versionOf(contender.old.text);
  const bool isItself = stored.lease == record.lease && stored.step == static_cast<int>(record.step);
  if (isItself && !hasSucceeded(record)) indexChanges_[contender.position] = IndexChange::AddUnlessThere;
}

}  // namespace leptir::redis
