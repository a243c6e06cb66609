// The address of a redis-server and how to talk to it: the `connection` block of a configuration as values.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/result.h"
#include "leptir/spi/backend.h"

namespace leptir::redis {

struct RedisAddress {
  enum class Scheme { Tcp, Tls, Unix };

  Scheme scheme = Scheme::Tcp;
  std::string host = "127.0.0.1";
  int port = 6379;
  std::string path;  // of a unix socket
  int database = 0;
  std::string user;      // empty: the server's default user
  std::string password;  // empty: none
  Duration connectTimeout = std::chrono::seconds(5);
  Duration operationTimeout = std::chrono::seconds(5);
  // For Scheme::Tls: whether the server's certificate is verified, by the authorities in `caFile` or (empty) by the
  // system's.
  bool verify = true;
  std::string caFile;
  std::string certificateFile;  // of leptir, for servers that ask for one
  std::string keyFile;          // of that certificate

  // "redis 10.0.0.5:6379" or "redis /run/redis.sock": the beginning of error messages.
  std::string where() const;
};

// The keys of `connection` that brokers and meta storages have in common; each adds a `key` of its own.
std::span<const ConfigKey> redisAddressKeys();

// Invalid: an unknown scheme, an impossible port or database, scheme unix without `path`, a certificate without its
// key.
Result<RedisAddress> redisAddress(const Json& connection);

}  // namespace leptir::redis
