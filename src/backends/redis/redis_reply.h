// One reply of a redis-server, or one element of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leptir {

struct RedisReplies;

// A view into a RedisReply: valid as long as that lives.
class RedisValue {
 public:
  enum class Kind : std::uint8_t { Nil, Text, Status, Integer, List, Error };

  RedisValue(const RedisReplies& all, std::uint32_t index) : all_(&all), index_(index) {}

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
  // From size() on: Nil, since a server may answer anything.
  RedisValue operator[](std::size_t i) const;

 private:
  const RedisReplies* all_;
  std::uint32_t index_;
};

// What came in one go: values in one block, texts in another, so that ten thousand of them cost no allocation each.
struct RedisReplies {
  struct Node {
    RedisValue::Kind kind = RedisValue::Kind::Nil;
    std::uint32_t size = 0;   // bytes of a text, elements of a list
    std::int64_t number = 0;  // where the text begins in `text`, the first element in `nodes`; an Integer itself
  };
  std::vector<Node> nodes;
  std::string text;
};

class RedisReply {
 public:
  // Replies of one go share what they came in.
  RedisReply(std::shared_ptr<const RedisReplies> all, std::uint32_t index) : all_(std::move(all)), index_(index) {}
  static RedisReply nil();

  RedisValue value() const { return RedisValue(*all_, index_); }

 private:
  std::shared_ptr<const RedisReplies> all_;
  std::uint32_t index_;
};

}  // namespace leptir
