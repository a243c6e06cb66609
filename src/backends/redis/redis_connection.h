// One connection to one redis-server, as the rest of this module uses it. It turns error replies into Errors
// (redis_errors.h).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connector.h"
#include "backends/redis/redis_reply.h"
#include "leptir/result.h"

namespace leptir::redis {

// Used by one thread at a time, and only in the process that opened it: in a forked child each call returns Internal,
// since the bytes of two processes would mix on one connection. When the connection has ended, or the server cannot be
// used for now, the next call connects again (once for each call, within the connect timeout); callers need no code for
// that. A request that may have reached the server is never sent again by this class.
class RedisConnection {
 public:
  using Words = std::span<const std::string_view>;

  // Does not connect yet.
  explicit RedisConnection(RedisAddress address) : connector_(std::move(address)) {}

  // Connects, logs in and selects the database, unless a usable connection is open. Unavailable: the server is down,
  // still loading, refuses for now, or does not answer within the timeout. Invalid: wrong password, no such database, a
  // certificate that does not verify.
  Result<void> connect() { return connector_.connect(); }

  // Sends one command and returns its reply, which is never of kind Error: an error reply becomes an Error.
  Result<RedisReply> run(Words words);
  Result<RedisReply> run(std::initializer_list<std::string_view> words) {
    return run(Words(words.begin(), words.size()));
  }

  // A pipeline: `append` each command, then `exchange`. The first append connects; commands are sent while more are
  // appended, so that the server already works on them. Returns one reply for each command, in order; some may be of
  // kind Error (see errorOf). Unavailable: the connection broke, and any of the commands may have been executed.
  void append(Words words);
  void append(std::initializer_list<std::string_view> words) { append(Words(words.begin(), words.size())); }
  Result<std::vector<RedisReply>> exchange();
  // Sends what was appended as far as that is possible without waiting, so that the server works while the caller does
  // something else before exchange().
  void send();

  // The Error for an error reply; its message names the server.
  Error errorOf(RedisValue error) const { return connector_.errorOf(error); }

  // Version of the server that was last connected to: 70015 is 7.0.15; 0: unknown.
  int version() const { return connector_.version(); }

  const RedisAddress& address() const { return connector_.address(); }
  // Grows with each connection that was opened.
  std::uint64_t generation() const { return connector_.generation(); }

 private:
  RedisConnector connector_;
  std::size_t appended_ = 0;
  std::optional<Error> appendFailure_;  // the error that exchange() will return
};

}  // namespace leptir::redis
