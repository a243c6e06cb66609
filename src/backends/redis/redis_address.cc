#include "backends/redis/redis_address.h"

#include <array>

#include "base/saturated.h"

namespace leptir::redis {
namespace {

using Type = ConfigKey::Type;

// The dispatcher counts a thread that hangs for 12 s as stuck: connecting and then waiting for a reply must take less
// together.
constexpr double kMaxTimeoutSeconds = 5;

Error invalid(const std::string& what) {
  return Error(ErrorCode::Invalid, "redis: " + what);
}

Result<RedisAddress::Scheme> schemeOf(const std::string& scheme) {
  if (scheme == "tcp" || scheme == "redis") return RedisAddress::Scheme::Tcp;
  if (scheme == "rediss" || scheme == "tls") return RedisAddress::Scheme::Tls;
  if (scheme == "unix") return RedisAddress::Scheme::Unix;
  return invalid("'scheme' must be tcp, rediss or unix");
}

Result<Duration> timeoutOf(const Json& connection, const char* key) {
  const double seconds = connection.at(key).get<double>();
  if (seconds >= 0.01 && seconds <= kMaxTimeoutSeconds) return base::durationFromSeconds(seconds);
  return invalid(std::string("'") + key + "' must be 0.01 to 5 seconds");
}

// Rules between several keys, and ranges.
Result<void> check(const RedisAddress& address) {
  if (address.scheme == RedisAddress::Scheme::Unix && address.path.empty())
    return invalid("scheme unix needs 'path', the server's socket");
  if (address.scheme != RedisAddress::Scheme::Unix && !address.path.empty())
    return invalid("'path' is for scheme unix");
  if (address.scheme != RedisAddress::Scheme::Unix && address.host.empty()) return invalid("'host' is empty");
  if (address.port < 1 || address.port > 65535) return invalid("'port' must be 1 to 65535");
  if (address.database < 0) return invalid("'database' must be 0 or more");
  if (address.certificateFile.empty() != address.keyFile.empty())
    return invalid("'certificate_file' and 'key_file' go together: give both or neither");
  if (!address.user.empty() && address.password.empty()) return invalid("'user' needs 'password'");
  return {};
}

}  // namespace

std::string RedisAddress::where() const {
  if (scheme == Scheme::Unix) return "redis " + path;
  const bool isIpv6 = host.find(':') != std::string::npos;
  return "redis " + (isIpv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::span<const ConfigKey> redisAddressKeys() {
  static const std::array<ConfigKey, 13> keys{{
      {"scheme", Type::Text, "tcp", "kind of connection: tcp, rediss (tcp with TLS) or unix (a socket file)"},
      {"host", Type::Text, "127.0.0.1", "name or address of the server"},
      {"port", Type::Integer, 6379, "port of the server"},
      {"path", Type::Path, "", "path of the server's socket, for scheme unix"},
      {"database", Type::Integer, 0, "the number of the database"},
      {"user", Type::Text, "", "ACL user to log in as; empty: the server's default user"},
      {"password", Type::Text, "", "password of the user; empty: no login"},
      {"connect_timeout", Type::Number, 5, "seconds to wait for a connection, at most 5"},
      {"operation_timeout", Type::Number, 5, "seconds to wait for a reply, at most 5"},
      {"verify", Type::Boolean, true, "rediss: verify the server's certificate and its name"},
      {"ca_file", Type::Path, "", "rediss: file of authorities to verify by; empty: the system's"},
      {"certificate_file", Type::Path, "", "rediss: certificate of this client"},
      {"key_file", Type::Path, "", "rediss: key of that certificate"},
  }};
  return keys;
}

Result<RedisAddress> redisAddress(const Json& connection) {
  RedisAddress address;
  const auto text = [&](const char* key) { return connection.at(key).get<std::string>(); };
  const auto number = [&](const char* key) {
    const auto value = connection.at(key).get<std::int64_t>();
    return value >= -1 && value <= 1'000'000 ? static_cast<int>(value) : -1;
  };
  const auto scheme = schemeOf(text("scheme"));
  const auto connectTimeout = timeoutOf(connection, "connect_timeout");
  const auto operationTimeout = timeoutOf(connection, "operation_timeout");
  if (!scheme) return scheme.error();
  if (!connectTimeout) return connectTimeout.error();
  if (!operationTimeout) return operationTimeout.error();
  address.scheme = *scheme;
  address.host = text("host");
  address.port = number("port");
  address.path = text("path");
  address.database = number("database");
  address.user = text("user");
  address.password = text("password");
  address.connectTimeout = *connectTimeout;
  address.operationTimeout = *operationTimeout;
  address.verify = connection.at("verify").get<bool>();
  address.caFile = text("ca_file");
  address.certificateFile = text("certificate_file");
  address.keyFile = text("key_file");
  if (auto checked = check(address); !checked) return checked.error();
  return address;
}

}  // namespace leptir::redis
