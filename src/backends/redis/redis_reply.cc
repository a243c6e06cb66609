#include "backends/redis/redis_reply.h"

#include <charconv>

namespace leptir::redis {
namespace {

RedisValue nothing() {
  static const RedisReply kNil = RedisReply::nil();
  return kNil.value();
}

}  // namespace

RedisValue::Kind RedisValue::kind() const {
  return block_->nodes[index_].kind;
}

std::string_view RedisValue::text() const {
  const auto& node = block_->nodes[index_];
  const bool isText = node.kind == Kind::Text || node.kind == Kind::Status || node.kind == Kind::Error;
  return isText ? std::string_view(block_->text).substr(static_cast<std::size_t>(node.number), node.size)
                : std::string_view();
}

std::int64_t RedisValue::integer() const {
  if (kind() == Kind::Integer) return block_->nodes[index_].number;
  const auto digits = text();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

std::size_t RedisValue::size() const {
  return isList() ? block_->nodes[index_].size : 0;
}

RedisValue RedisValue::operator[](std::size_t i) const {
  if (i >= size()) return nothing();
  return {*block_, static_cast<std::uint32_t>(block_->nodes[index_].number) + static_cast<std::uint32_t>(i)};
}

RedisReply RedisReply::nil() {
  auto one = std::make_shared<RedisReplyBlock>();
  one->nodes.emplace_back();
  return {std::move(one), 0};
}

}  // namespace leptir::redis
