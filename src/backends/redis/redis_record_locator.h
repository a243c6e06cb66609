// Locates the record of a task on a redis-server by its id alone, so that all writers of one record use the same key.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "backends/redis/redis_layout.h"
#include "leptir/clock.h"

namespace leptir::redis {

class RedisRecordLocator {
 public:
  // The key of a record, or key and field. Valid until the next locate().
  struct Location {
    std::string_view key;
    std::string_view field;  // in the hash under that key; empty: the value of the key is the record

    bool isInHash() const { return !field.empty(); }
  };

  RedisRecordLocator(std::string key, RedisLayout layout) : key_(std::move(key)), layout_(layout) {}

  // `<key>:<id>`; with the hashed layout the field <id> of the hash `<key>.<minute>`, if the id contains the time when
  // it was made. Ids of other programs do not and have keys of their own.
  Location locate(std::string_view id);

 private:
  using Minutes = std::chrono::time_point<std::chrono::system_clock, std::chrono::minutes>;

  std::string_view keyOfMinute(Time made);

  std::string key_;
  RedisLayout layout_;
  std::string recordKey_;  // buffer of locate(): key of a record outside of a hash
  Minutes minute_{};       // the minute of keyOfMinute_
  std::string keyOfMinute_;
};

}  // namespace leptir::redis
