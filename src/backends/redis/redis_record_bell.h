// How the end of a task in one process ends a wait in another. A process that waits renews the key `<records>.waiting`,
// which expires soon after its last renewal. A process that saves records looks at this key. Only while the key exists,
// it adds the ids of the tasks that are over to the stream `<records>.ended`, which the waiting processes read.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "backends/redis/redis_blocking_connection.h"
#include "backends/redis/redis_connection.h"
#include "leptir/spi/meta_info.h"
#include "leptir/spi/record_watch.h"

namespace leptir::redis {

struct RedisRecordBellKeys {
  explicit RedisRecordBellKeys(const std::string& records) : waiting(records + ".waiting"), ended(records + ".ended") {}

  std::string waiting;  // text: exists while processes wait
  std::string ended;    // stream: ids of tasks that are over, separated by line feeds
};

// For the process that saves records. One thread at a time. No failure here makes saving fail: a waiting process also
// looks at the records from time to time.
class RedisRecordBellRinger {
 public:
  RedisRecordBellRinger(std::shared_ptr<RedisConnection> connection, const std::string& records)
      : connection_(std::move(connection)), keys_(records) {}

  // Appends to the pipeline, behind the records, the question whether processes wait. Returns the number of commands
  // that it appended: 0 while the server refuses the question.
  std::size_t appendQuestion();
  void noteAnswer(RedisValue answer);
  // Tells the waiting processes, if the last answers said that there are any, and forgets those answers.
  void ring(std::span<const MetaInfo> records);

 private:
  std::shared_ptr<RedisConnection> connection_;
  RedisRecordBellKeys keys_;
  bool isAwaited_ = false;
  BootTime askAgainAt_{};  // a server that refused the question is not asked before
};

// For the process that waits: one connection of its own, whatever the number of tasks.
class RedisRecordWatch final : public RecordWatch {
 public:
  // Connects and registers. Errors as of RedisConnector::connect() and of the commands.
  static Result<std::unique_ptr<RecordWatch>> begin(const RedisAddress& address, const std::string& records);

  Result<RecordNews> wait(Duration longest, Wake& wake) override;

 private:
  RedisRecordWatch(const RedisAddress& address, const std::string& records) : connection_(address), keys_(records) {}

  Result<void> registerAnew();
  Result<void> finishPendingRead();
  Result<std::optional<RedisReply>> read(Duration longest, Wake& wake);
  RecordNews newsIn(RedisValue reply);
  bool hasLapsed() const;

  RedisBlockingConnection connection_;
  RedisRecordBellKeys keys_;
  std::uint64_t generation_ = 0;  // of the connection that was registered over
  std::string lastEntry_;         // id of the newest entry of the stream that was seen
  BootTime requestedAt_{};  // when the request that is under way, or the last one, was sent; it renews the registration
  BootTime renewedAt_{};    // when the last request was sent that the server has answered
};

}  // namespace leptir::redis
