// One open connection to a redis-server in its protocol: any number of commands may be on their way at once. Owned by a
// RedisConnector, which replaces it after the first error.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_reader.h"
#include "backends/redis/redis_socket.h"
#include "leptir/clock.h"
#include "leptir/spi/wake.h"

namespace leptir::redis {

// One thread at a time. Error messages do not name the server yet. After an error only the destructor may be called.
class RedisWire {
 public:
  explicit RedisWire(std::unique_ptr<RedisSocket> socket) : socket_(std::move(socket)) {}

  // Adds a command to the output buffer; sends nothing.
  void put(std::span<const std::string_view> words);
  // Bytes in the output buffer.
  std::size_t unsent() const { return outgoing_.size() - sent_; }
  // Commands whose reply has not arrived yet.
  std::size_t missingReplies() const { return commandCount_ - std::min(commandCount_, reader_.count()); }

  // Sends and receives as much as is possible without waiting.
  Result<void> pump();
  // Whether the server has closed the connection or has sent something unrequested. To be called between requests.
  bool isUnusable();

  enum class End { Replied, Woken, TimedOut };
  // Waits until all replies have arrived. Each reply prolongs the deadline by `patience`, and each MiB moved by a
  // second. Without `wake`, a missed deadline is Unavailable. With `wake`, a missed deadline and a ring of `wake` are
  // ends as well.
  Result<End> collect(Duration patience, Wake* wake = nullptr);
  // All replies; to be called when none is missing.
  std::vector<RedisReply> take();

 private:
  Result<std::size_t> send();
  Result<std::size_t> receive();
  // Why the connection ended. A server that refuses a client says so and hangs up, perhaps before the first request:
  // then sending fails before the reason was read, so this reads on and prefers what the server said.
  Error endReason(const Error& why);
  Result<void> checkNoExtraReplies() const;

  std::unique_ptr<RedisSocket> socket_;
  RedisReader reader_;
  std::string outgoing_;
  std::size_t sent_ = 0;          // bytes of outgoing_ that were sent
  std::size_t commandCount_ = 0;  // commands that were put since the last take()
};

}  // namespace leptir::redis
