// For tests: a `connection` as the configuration reader hands it over, and how to reach a test's server.
#pragma once

#include <string>

#include "backends/redis/redis_address.h"

namespace leptir {

// With the default of each key that is not given.
inline Json redisConnectionOf(Json given) {
  if (given.is_null()) given = Json::object();
  for (const auto& key : redisAddressKeys()) {
    if (!given.contains(key.name)) given[std::string(key.name)] = key.defaultValue;
  }
  if (!given.contains("php_consumers")) given["php_consumers"] = "auto";
  return given;
}

inline RedisAddress redisAt(const std::string& socket) {
  RedisAddress address;
  address.scheme = RedisAddress::Scheme::Unix;
  address.path = socket;
  return address;
}

}  // namespace leptir
