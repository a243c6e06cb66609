// Where a redis-server is and how to talk to it: the `connection` block of a configuration as values.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "leptir/backend.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir {

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
  // Of Tls: the certificate is verified by `caFile`, or by the system's authorities.
  bool verify = true;
  std::string caFile;
  std::string certificateFile;  // of the client, if the server wants one
  std::string keyFile;

  // "redis 10.0.0.5:6379" or "redis /run/redis.sock", as errors begin.
  std::string where() const;
};

// Keys of `connection` that a broker and a meta storage share. The `key` is for each of them to add.
std::span<const ConfigKey> redisAddressKeys();

// Invalid: an unknown scheme, a port or a database that is none, `unix` without `path`, a certificate without its key.
Result<RedisAddress> redisAddress(const Json& connection);

}  // namespace leptir
