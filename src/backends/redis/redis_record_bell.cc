#include "backends/redis/redis_record_bell.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "backends/redis/stream_reads.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

// How long after its last renewal the key `<records>.waiting` expires. Waiting processes mostly renew it each second.
constexpr std::string_view kRegistrationExpiryMilliseconds = "10000";
// A process that was not waiting for so long registers anew before it relies on the stream.
constexpr Duration kLapsesAfter = 5s;
// The stream keeps about so many entries, and so long after the last one.
constexpr std::string_view kMaxStreamEntries = "100";
constexpr std::string_view kStreamExpiryMilliseconds = "60000";
constexpr Duration kMaxWait = 1h;  // longer than any reply may take
constexpr Duration kAskAgainAfter = 60s;

std::string idsOfTasksThatAreOver(std::span<const MetaInfo> records) {
  std::string ids;
  for (const auto& record : records) {
    if (isOfTaskThatIsOver(record)) ids.append(ids.empty() ? "" : "\n").append(record.id);
  }
  return ids;
}

void splitIds(std::string_view joined, std::vector<std::string>& ids) {
  while (!joined.empty()) {
    const auto end = std::min(joined.find('\n'), joined.size());
    ids.emplace_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
}

}  // namespace

std::size_t RedisRecordBellRinger::appendQuestion() {
  if (systemClock().bootTime() < askAgainAt_) return 0;
  connection_->append({"EXISTS", keys_.waiting});
  return 1;
}

void RedisRecordBellRinger::noteAnswer(RedisValue answer) {
  if (answer.isError()) askAgainAt_ = systemClock().bootTime() + kAskAgainAfter;
  isAwaited_ = isAwaited_ || answer.integer() > 0;
}

void RedisRecordBellRinger::ring(std::span<const MetaInfo> records) {
  if (!std::exchange(isAwaited_, false)) return;
  const auto ids = idsOfTasksThatAreOver(records);
  if (ids.empty()) return;
  connection_->append({"XADD", keys_.ended, "MAXLEN", "~", kMaxStreamEntries, "*", "ids", ids});
  connection_->append({"PEXPIRE", keys_.ended, kStreamExpiryMilliseconds});
  static_cast<void>(connection_->exchange());
}

Result<std::unique_ptr<RecordWatch>> RedisRecordWatch::begin(const RedisAddress& address, const std::string& records) {
  std::unique_ptr<RedisRecordWatch> watch(new RedisRecordWatch(address, records));
  if (auto registered = watch->registerAnew(); !registered) return registered.error();
  return std::unique_ptr<RecordWatch>(std::move(watch));
}

Result<RecordNews> RedisRecordWatch::wait(Duration longest, Wake& wake) {
  if (hasLapsed()) {
    if (auto registered = registerAnew(); !registered) return registered.error();
    return RecordNews{.hasUnknownIds = true};
  }
  const auto until = systemClock().bootTime() + std::min(longest, kMaxWait);
  for (int answers = 0;;) {
    const auto began = systemClock().bootTime();
    auto reply = read(until - began, wake);
    if (!reply) return reply.error();
    if (connection_.generation() != generation_)
      return Error(ErrorCode::Unavailable, "the connection was lost, and perhaps news with it");
    if (!*reply) return RecordNews{.isWoken = true};
    if (connection_.isPending()) return RecordNews();  // the time has passed
    renewedAt_ = requestedAt_;
    if (auto news = newsIn((*reply)->value()); news.hasUnknownIds || !news.ids.empty()) return news;
    const auto now = systemClock().bootTime();
    if (now >= until) return RecordNews();
    // The first answer may be early, since it may belong to a read of an earlier wait.
    if (++answers > 1 && now - began < kBlockTime / 2)
      return Error(ErrorCode::Unavailable, "the server answers XREAD before its time");
  }
}

// Renews the registration and reads, in one request.
Result<std::optional<RedisReply>> RedisRecordWatch::read(Duration longest, Wake& wake) {
  if (!connection_.isPending()) requestedAt_ = systemClock().bootTime();
  const std::array<std::string_view, 5> renewal{"SET", keys_.waiting, "1", "PX", kRegistrationExpiryMilliseconds};
  const std::array<std::string_view, 6> words{"XREAD", "BLOCK", kBlockMilliseconds, "STREAMS", keys_.ended, lastEntry_};
  return connection_.wait(words, kBlockTime, longest, wake, renewal);
}

// The newest entry is read after the registration: what is added later will be read.
Result<void> RedisRecordWatch::registerAnew() {
  if (auto finished = finishPendingRead(); !finished) return finished;
  requestedAt_ = systemClock().bootTime();
  const std::array<std::string_view, 5> renewal{"SET", keys_.waiting, "1", "PX", kRegistrationExpiryMilliseconds};
  const std::array<std::string_view, 6> words{"XREVRANGE", keys_.ended, "+", "-", "COUNT", "1"};
  Wake never;
  const auto reply = connection_.wait(words, Duration::zero(), kMaxWait, never, renewal);
  if (!reply) return reply.error();
  const auto newest = (*reply)->value()[0][0].text();
  lastEntry_ = newest.empty() ? kBeforeTheFirstEntry : newest;
  renewedAt_ = requestedAt_;
  generation_ = connection_.generation();
  return {};
}

// Its answer is not needed: after a new registration all records are looked at.
Result<void> RedisRecordWatch::finishPendingRead() {
  if (!connection_.isPending()) return {};
  Wake never;
  const auto reply = read(kMaxWait, never);
  return reply ? Result<void>() : reply.error();
}

// The answer to XREAD: ((stream ((id (field value)) …)) …).
RecordNews RedisRecordWatch::newsIn(RedisValue reply) {
  RecordNews news;
  const auto entries = reply[0][1];
  for (std::size_t i = 0; i < entries.size(); ++i) {
    lastEntry_ = entries[i][0].text();
    splitIds(entries[i][1][1].text(), news.ids);
  }
  if (entries.size() > 0 && news.ids.empty()) news.hasUnknownIds = true;  // another program's entry
  if (lastEntry_.empty()) lastEntry_ = kBeforeTheFirstEntry;
  return news;
}

bool RedisRecordWatch::hasLapsed() const {
  return systemClock().bootTime() - renewedAt_ > kLapsesAfter;
}

}  // namespace leptir::redis
