// For tests: the `connection` of a Redis store as the configuration reader delivers it, and the address of a server.
#pragma once

#include <string>

#include "backends/redis/redis_address.h"

namespace leptir {

// Adds the default of each key that `given` lacks.
inline Json redisConnectionOf(Json given) {
  if (given.is_null()) given = Json::object();
  for (const auto& key : redis::redisAddressKeys()) {
    if (!given.contains(key.name)) given[std::string(key.name)] = key.defaultValue;
  }
  if (!given.contains("php_consumers")) given["php_consumers"] = "auto";
  return given;
}

inline redis::RedisAddress redisAt(const std::string& socket) {
  redis::RedisAddress address;
  address.scheme = redis::RedisAddress::Scheme::Unix;
  address.path = socket;
  return address;
}

}  // namespace leptir
