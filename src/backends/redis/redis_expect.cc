#include "backends/redis/redis_expect.h"

#include <string>

namespace leptir::redis {
namespace {

using Kind = RedisValue::Kind;

const char* nameOf(Kind kind) {
  switch (kind) {
    case Kind::Nil:
      return "nothing";
    case Kind::Text:
      return "a text";
    case Kind::Status:
      return "a status";
    case Kind::Integer:
      return "a number";
    case Kind::List:
      return "a list";
    case Kind::Error:
      return "an error";
  }
  return "something unknown";
}

bool isText(RedisValue value) {
  return value.kind() == Kind::Text;
}

}  // namespace

Result<std::int64_t> RedisExpect::integer(RedisValue value, std::int64_t least, std::int64_t most) const {
  if (value.kind() != Kind::Integer) return unexpected(value, "a number");
  if (value.integer() < least || value.integer() > most) return unexpected(value, "a number in its range");
  return value.integer();
}

Result<void> RedisExpect::list(RedisValue value, std::size_t size) const {
  if (!value.isList() || value.size() != size) return unexpected(value, "a list of " + std::to_string(size));
  return {};
}

Result<void> RedisExpect::texts(RedisValue value, Nils nils) const {
  if (!value.isList()) return unexpected(value, "a list of texts");
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool fits = isText(value[i]) || (nils == Nils::Allowed && value[i].isNil());
    if (!fits) return unexpected(value[i], "a list of texts");
  }
  return {};
}

Result<void> RedisExpect::texts(RedisValue value, std::size_t size, Nils nils) const {
  if (auto sized = list(value, size); !sized) return sized;
  return texts(value, nils);
}

Result<std::vector<std::size_t>> RedisExpect::positions(RedisValue value, std::size_t size) const {
  if (!value.isList()) return unexpected(value, "a list of positions");
  std::vector<std::size_t> positions;
  positions.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto position = integer(value[i], 1, static_cast<std::int64_t>(size));
    if (!position) return position.error();
    positions.push_back(static_cast<std::size_t>(*position) - 1);
  }
  return positions;
}

Result<bool> RedisExpect::okOrNil(RedisValue value) const {
  if (value.isNil()) return false;
  if (value.kind() == Kind::Status && value.text() == "OK") return true;
  return unexpected(value, "the status OK or nothing");
}

Result<bool> RedisExpect::oneOrZero(RedisValue value) const {
  const auto number = integer(value, 0, 1);
  if (!number) return number.error();
  return *number == 1;
}

Result<void> RedisExpect::textOrNil(RedisValue value) const {
  if (!isText(value) && !value.isNil()) return unexpected(value, "a text");
  return {};
}

Error RedisExpect::unexpected(RedisValue value, std::string_view expected) const {
  std::string found = nameOf(value.kind());
  if (value.isList()) found += " of " + std::to_string(value.size());
  if (value.kind() == Kind::Integer) found = "the number " + std::to_string(value.integer());
  return Error(ErrorCode::Unavailable, "answers " + found + " where leptir expects " + std::string(expected) +
                                           ": is it a redis-server, and do other programs use these keys?")
      .in(from_.address().where());
}

}  // namespace leptir::redis
