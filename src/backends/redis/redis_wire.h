// One open connection: commands go in, replies come out, many on their way at once. Of one RedisConnection, until the
// first error.
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_reader.h"
#include "backends/redis/redis_socket.h"
#include "leptir/clock.h"
#include "leptir/wake.h"

namespace leptir {

// One thread at a time. Errors say what, without where; after one, only the destructor is of use.
class RedisWire {
 public:
  explicit RedisWire(std::unique_ptr<RedisSocket> socket) : socket_(std::move(socket)) {}

  // Adds a command to what is to be sent.
  void put(std::span<const std::string_view> words);
  std::size_t unsent() const { return outgoing_.size() - sent_; }
  // Commands whose reply is missing.
  std::size_t awaited() const { return put_ - std::min(put_, reader_.count()); }

  // Sends and receives what goes without waiting.
  Result<void> pump();
  // Whether the server has ended the connection, or said something that nobody asked for. To be asked between requests.
  bool isWorn();

  enum class End { Replied, Woken, Late };
  // Waits until all replies are there. Unavailable: nothing came for `patience`; what is much gets more time, a second
  // for each MiB. With `wake`, its ring is an end as well, and so is the end of `patience`.
  Result<End> collect(Duration patience, Wake* wake = nullptr);
  // The replies; none is awaited.
  std::vector<RedisReply> take();

  // Digests of the scripts that the server was given by this connection.
  std::set<std::string, std::less<>> scripts;

 private:
  Result<std::size_t> send();
  Result<std::size_t> receive();
  // Why the connection ended. A server that refuses a client says so and hangs up, perhaps before it was asked
  // anything: then a send fails first, and the reason is still to be read.
  Error endedBy(const Error& why);
  Result<void> checkOrder() const;

  std::unique_ptr<RedisSocket> socket_;
  RedisReader reader_;
  std::string outgoing_;
  std::size_t sent_ = 0;  // of outgoing_
  std::size_t put_ = 0;   // commands since the last take
};

}  // namespace leptir
