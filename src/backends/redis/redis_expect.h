// Checks that a reply has the type, length and range that leptir expects before anything is read from it. A server may
// answer anything, so these are no asserts: release builds check as well. A mismatch is an Error of code Unavailable.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"
#include "backends/redis/redis_reply.h"
#include "leptir/result.h"

namespace leptir::redis {

class RedisExpect {
 public:
  explicit RedisExpect(const RedisConnection& from) : from_(from) {}

  // A number from `least` to `most`.
  Result<std::int64_t> integer(RedisValue value, std::int64_t least, std::int64_t most) const;
  // A list of exactly `size` elements.
  Result<void> list(RedisValue value, std::size_t size) const;
  // A list of texts; with Nils::Allowed an element may also be Nil.
  enum class Nils { Refused, Allowed };
  Result<void> texts(RedisValue value, Nils nils = Nils::Refused) const;
  // As texts(), with exactly `size` elements.
  Result<void> texts(RedisValue value, std::size_t size, Nils nils) const;
  // Positions within a list of `size` elements. The server counts from 1, the result from 0.
  Result<std::vector<std::size_t>> positions(RedisValue value, std::size_t size) const;
  // The status OK: true; Nil: false.
  Result<bool> okOrNil(RedisValue value) const;
  // The number 1: true; 0: false.
  Result<bool> oneOrZero(RedisValue value) const;
  // A text or Nil.
  Result<void> textOrNil(RedisValue value) const;

 private:
  Error unexpected(RedisValue value, std::string_view expected) const;

  const RedisConnection& from_;
};

}  // namespace leptir::redis
