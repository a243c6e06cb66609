// Connects one process to one redis-server, logs in, and connects again after the connection has ended.
// RedisConnection and RedisBlockingConnection send commands over it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>

#include "backends/redis/redis_address.h"
#include "backends/redis/redis_reply.h"
#include "leptir/clock.h"
#include "leptir/result.h"

namespace leptir::redis {

class RedisWire;

// One thread at a time, and only in the process that opened it: the bytes of two processes would mix on one connection.
class RedisConnector {
 public:
  // Does not connect yet.
  explicit RedisConnector(RedisAddress address);
  ~RedisConnector();

  // As RedisConnection::connect().
  Result<void> connect();
  // Internal: this is a child of the process that connected first.
  Result<void> checkProcess() const;
  // The open connection; to be called only after a successful connect(), and not after it was closed.
  RedisWire& wire() { return *wire_; }

  // Closes the connection if one of these replies says that the server cannot be used for now (redis_errors.h): the
  // next connect() opens a new one.
  void closeIfRefused(std::span<const RedisReply> replies);
  // Closes the connection. Returns the error with the name of the server.
  Error closeBroken(const Error& why);

  // The Error for an error reply; its message names the server.
  Error errorOf(RedisValue error) const;
  const RedisAddress& address() const { return address_; }
  int version() const { return version_; }
  // Grows with each connection that was opened.
  std::uint64_t generation() const { return generation_; }

 private:
  Result<void> open();
  Result<void> greet(RedisWire& wire, Duration patience);

  RedisAddress address_;
  std::unique_ptr<RedisWire> wire_;  // null: not connected
  std::uint64_t generation_ = 0;
  pid_t ownerPid_ = 0;  // pid of the process that connected first; 0: none yet
  int version_ = 0;
};

}  // namespace leptir::redis
