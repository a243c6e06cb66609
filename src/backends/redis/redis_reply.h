// One reply of a redis-server, or one element of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

struct redisReply;

namespace leptir {

// A view into a RedisReply: valid as long as that lives.
class RedisValue {
 public:
  enum class Kind { Nil, Text, Status, Integer, List, Error };

  explicit RedisValue(const redisReply* reply) : reply_(reply) {}

  Kind kind() const;
  bool isNil() const { return kind() == Kind::Nil; }
  bool isError() const { return kind() == Kind::Error; }
  bool isList() const { return kind() == Kind::List; }
  // Of a Text, a Status or an Error; of anything else empty.
  std::string_view text() const;
  // Of an Integer, or of a Text that is one; of anything else 0.
  std::int64_t integer() const;
  // Of a List: its elements. Of anything else 0.
  std::size_t size() const;
  RedisValue operator[](std::size_t i) const;  // i < size()

 private:
  const redisReply* reply_;  // never null
};

class RedisReply {
 public:
  explicit RedisReply(redisReply* owned) : owned_(owned) {}

  RedisValue value() const { return RedisValue(owned_.get()); }

 private:
  struct Free {
    void operator()(redisReply* reply) const;
  };
  std::unique_ptr<redisReply, Free> owned_;
};

}  // namespace leptir
