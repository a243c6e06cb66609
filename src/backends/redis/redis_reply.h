// Replies of a redis-server and the values that they consist of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace leptir::redis {

struct RedisReplyBlock;

// One value of a reply: the whole reply or an element of a list in it. A view, valid as long as its RedisReply lives.
class RedisValue {
 public:
  enum class Kind : std::uint8_t { Nil, Text, Status, Integer, List, Error };

  RedisValue(const RedisReplyBlock& block, std::uint32_t index) : block_(&block), index_(index) {}

  Kind kind() const;
  bool isNil() const { return kind() == Kind::Nil; }
  bool isError() const { return kind() == Kind::Error; }
  bool isList() const { return kind() == Kind::List; }
  // The text of a Text, a Status or an Error; empty for any other kind.
  std::string_view text() const;
  // The number of an Integer, or of a Text that is a decimal number; 0 for any other value.
  std::int64_t integer() const;
  // The number of elements of a List; 0 for any other kind.
  std::size_t size() const;
  // An element of a List. Nil from size() on: a server may send shorter lists than expected.
  RedisValue operator[](std::size_t i) const;

 private:
  const RedisReplyBlock* block_;
  std::uint32_t index_;
};

// A block of replies that arrived together: all values in one array and all texts in one string, so that a reply of ten
// thousand elements costs no allocation for each.
struct RedisReplyBlock {
  struct Node {
    RedisValue::Kind kind = RedisValue::Kind::Nil;
    std::uint32_t size = 0;   // of a text: bytes; of a list: elements
    std::int64_t number = 0;  // of a text: offset in `text`; of a list: index of its first node; of an Integer: value
  };
  std::vector<Node> nodes;
  std::string text;
};

class RedisReply {
 public:
  // One complete reply. The replies of one block share the ownership of it.
  RedisReply(std::shared_ptr<const RedisReplyBlock> block, std::uint32_t index)
      : block_(std::move(block)), index_(index) {}
  static RedisReply nil();

  RedisValue value() const { return RedisValue(*block_, index_); }

 private:
  std::shared_ptr<const RedisReplyBlock> block_;
  std::uint32_t index_;
};

}  // namespace leptir::redis
