// Where the record of a task lies on a redis-server: a rule that looks at nothing but the id, so that all who write one
// record meet there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/redis/redis_layout.h"
#include "leptir/clock.h"

namespace leptir {

class RedisRecordPlaces {
 public:
  // Valid until the next call.
  struct Place {
    std::string_view key;
    std::string_view field;  // in the hash of that key; empty: the key itself is the record

    bool isInHash() const { return !field.empty(); }
  };

  RedisRecordPlaces(std::string key, RedisLayout layout) : key_(std::move(key)), layout_(layout) {}

  // `<key>:<id>`. Or, of the hashed layout, the field <id> of `<key>.<minute>`, when the id says when it was made;
  // those of other makers do not, and keep a key of their own.
  Place placeOf(std::string_view id);

 private:
  using Minutes = std::chrono::time_point<std::chrono::system_clock, std::chrono::minutes>;

  std::string_view keyOfMinute(Time made);

  std::string key_;
  RedisLayout layout_;
  std::string own_;   // what placeOf answers
  Minutes minute_{};  // which minute keyOfMinute_ is of
  std::string keyOfMinute_;
};

}  // namespace leptir
