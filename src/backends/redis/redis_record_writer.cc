#include "backends/redis/redis_record_writer.h"

#include <algorithm>

#include "backends/redis/redis_errors.h"
#include "backends/redis/redis_expect.h"

namespace leptir {
namespace {

// Others may write the same record meanwhile; nobody does so for ever.
constexpr int kMostRounds = 1000;

// The new text stands only if what stood there is what was compared; of a text that was too large to be read, its size.
// The server is told first to delete: a full one takes that, and then what follows in the same script. As PHP leptir's
// SET does, it replaces a value of another kind.
const RedisScript& setScript() {
  static const RedisScript kScript(R"(
local key, text, expiry, compared, size = KEYS[1], ARGV[1], ARGV[2], ARGV[3] or false, ARGV[4]
local old = false
if redis.call('TYPE', key).ok == 'string' then
  if size then old = redis.call('STRLEN', key) == tonumber(size) and '' or false else old = redis.call('GET', key) end
end
if old ~= compared then return 0 end
redis.call('DEL', key)
if expiry == '' then redis.call('SET', key, text) else redis.call('SET', key, text, 'PX', expiry) end
return 1
)");
  return kScript;
}

const RedisScript& setFieldScript() {
  static const RedisScript kScript(R"(
local key, text, expiry, field, compared, size = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4] or false, ARGV[5]
if size then
  if redis.call('HSTRLEN', key, field) ~= tonumber(size) then return 0 end
elseif redis.call('HGET', key, field) ~= compared then
  return 0
end
redis.call('HDEL', key, field)
redis.call('HSET', key, field, text)
if expiry ~= '' then redis.call('PEXPIRE', key, expiry) end
return 1
)");
  return kScript;
}

struct Standing {
  std::uint64_t lease = 0;
  int step = 0;  // of a MetaStep; 0: older than any
};

constexpr std::uint64_t kLargestLease = std::uint64_t{1} << 62;

// What PHP wrote has no lease, which counts as 0; what is no record at all, or has a lease that no store gives, is
// older than anything.
Standing standingOf(const std::string& text) {
  const auto record = parseJson(text);
  if (!record || !record->is_object()) return {};
  Standing standing{0, static_cast<int>(MetaStep::Settled)};
  if (const auto lease = record->find("lease"); lease != record->end() && lease->is_number_unsigned()) {
    standing.lease = lease->get<std::uint64_t>();
    if (standing.lease > kLargestLease) return {};
  }
  if (record->value("step", Json()) == static_cast<int>(MetaStep::Running))
    standing.step = static_cast<int>(MetaStep::Running);
  return standing;
}

// What is too large to be read is no record of ours.
bool replaces(const MetaInfo& record, const StandingRecord& old) {
  if (old.kind != StandingRecord::Kind::Text) return true;
  const auto standing = standingOf(old.text);
  return record.lease != standing.lease ? record.lease > standing.lease : static_cast<int>(record.step) > standing.step;
}

bool hasSucceeded(const MetaInfo& record) {
  return record.status == TaskStatus::Completed && record.returnCode == ExitStatus::Success;
}

bool isFull(RedisValue reply) {
  return reply.isError() && reply.text().starts_with("OOM");
}

}  // namespace

RedisRecordWriter::RedisRecordWriter(std::shared_ptr<RedisConnection> connection, RedisRecordPlaces& places,
                                     std::string expiry)
    : connection_(std::move(connection)), places_(places), expiry_(std::move(expiry)) {}

Result<std::vector<RecordNote>> RedisRecordWriter::write(std::span<const MetaInfo> records) {
  notes_.assign(records.size(), RecordNote::Nothing);
  auto standing = addNew(records);
  if (!standing) return standing.error();
  if (auto replaced = replaceOlder(records, std::move(*standing)); !replaced) return replaced.error();
  return std::move(notes_);
}

// All in one exchange; answers which found something in their place, or were refused by a full server. A reply that is
// none of SET, HSETNX or PEXPIRE is an error: a record that is taken for saved is acknowledged, and lost if it was not.
Result<RedisRecordWriter::Positions> RedisRecordWriter::addNew(std::span<const MetaInfo> records) {
  hashes_.clear();
  areInHash_.clear();
  for (const auto& record : records) appendNew(record);
  appendExpiryOfHashes();
  const auto replies = connection_->exchange();
  if (!replies) return replies.error();
  Positions standing;
  for (std::size_t i = 0; i < replies->size(); ++i) {
    const auto added = isAdded((*replies)[i].value(), i < records.size() && !areInHash_[i]);
    if (!added) return added.error();
    if (i >= records.size()) continue;  // whether a hash got its time
    if (!*added) {
      standing.push_back(i);
    } else if (!hasSucceeded(records[i])) {
      notes_[i] = RecordNote::Add;
    }
  }
  return standing;
}

// A refusal by a full server is none: such a record is tried again in another way.
Result<bool> RedisRecordWriter::isAdded(RedisValue reply, bool isOfSet) const {
  if (isFull(reply)) return false;
  if (reply.isError()) return connection_->errorOf(reply);
  const RedisExpect expect(*connection_);
  return isOfSet ? expect.okOrNil(reply) : expect.oneOrZero(reply);
}

void RedisRecordWriter::appendNew(const MetaInfo& record) {
  text_.clear();
  writeMetaInfo(record, text_);
  const auto place = places_.placeOf(record.id);
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

// Compares here, since a record holds users' text that no script should have to understand, and sets there.
Result<void> RedisRecordWriter::replaceOlder(std::span<const MetaInfo> records, Positions standing) {
  for (int round = 0; !standing.empty(); ++round) {
    if (round == kMostRounds) {
      return Error(ErrorCode::Unavailable, "others write the same records without end")
          .in(connection_->address().where());
    }
    auto contenders = readStanding(records, standing);
    if (!contenders) return contenders.error();
    std::erase_if(*contenders, [&](const Contender& contender) {
      const auto& record = records[contender.position];
      if (replaces(record, contender.old)) return false;
      noteKept(record, contender);
      return true;
    });
    auto left = compareAndSet(records, *contenders);
    if (!left) return left.error();
    standing = std::move(*left);
  }
  return {};
}

Result<std::vector<RedisRecordWriter::Contender>> RedisRecordWriter::readStanding(std::span<const MetaInfo> records,
                                                                                  const Positions& standing) {
  std::vector<std::string_view> ids;
  for (const auto position : standing) ids.push_back(records[position].id);
  auto read = readRecords(*connection_, places_, ids);
  if (!read) return read.error();
  std::vector<Contender> contenders;
  for (std::size_t i = 0; i < standing.size(); ++i) contenders.push_back({standing[i], std::move((*read)[i])});
  return contenders;
}

// Answers those in whose place something else stood by then, or whose script was forgotten.
Result<RedisRecordWriter::Positions> RedisRecordWriter::compareAndSet(std::span<const MetaInfo> records,
                                                                      const std::vector<Contender>& contenders) {
  if (contenders.empty()) return Positions();
  if (auto loaded = connection_->loadScripts({&setScript(), &setFieldScript()}); !loaded) return loaded.error();
  for (const auto& contender : contenders) appendCompareAndSet(records[contender.position], contender.old);
  const auto replies = connection_->exchange();
  if (!replies) return replies.error();
  Positions left;
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    const auto position = contenders[i].position;
    const auto reply = (*replies)[i].value();
    const bool isForgotten = reply.isError() && isNoScript(reply.text());
    if (reply.isError() && !isForgotten) return connection_->errorOf(reply);
    const auto isSet = isForgotten ? Result<bool>(false) : RedisExpect(*connection_).oneOrZero(reply);
    if (!isSet) return isSet.error();
    if (*isSet) {
      notes_[position] = hasSucceeded(records[position]) ? RecordNote::Remove : RecordNote::Add;
    } else {
      left.push_back(position);
    }
  }
  return left;
}

void RedisRecordWriter::appendCompareAndSet(const MetaInfo& record, const StandingRecord& old) {
  text_.clear();
  writeMetaInfo(record, text_);
  const auto place = places_.placeOf(record.id);
  const auto& script = place.isInHash() ? setFieldScript() : setScript();
  std::vector<std::string_view> words{"EVALSHA", script.sha1, "1", place.key, text_, expiry_};
  if (place.isInHash()) words.push_back(place.field);
  const auto size = std::to_string(old.size);
  if (old.kind == StandingRecord::Kind::Text) words.push_back(old.text);
  if (old.kind == StandingRecord::Kind::TooLarge) words.insert(words.end(), {"", size});
  connection_->append(words);
}

// A call that is made again after its answer was lost finds its own records, and perhaps not its notes in the index.
void RedisRecordWriter::noteKept(const MetaInfo& record, const Contender& contender) {
  const auto standing = standingOf(contender.old.text);
  const bool isItself = standing.lease == record.lease && standing.step == static_cast<int>(record.step);
  if (isItself && !hasSucceeded(record)) notes_[contender.position] = RecordNote::AddUnlessThere;
}

}  // namespace leptir
