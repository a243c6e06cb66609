#include "backends/mongodb/mongodb_address.h"

#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <vector>

#include "backends/mongodb/connection_string.h"
#include "backends/mongodb/libmongoc.h"
#include "backends/mongodb/percent_text.h"
#include "base/escape.h"
#include "base/utf8.h"

namespace leptir::mongodb {
namespace {

using Type = ConfigKey::Type;
using MongocUri = std::unique_ptr<mongoc_uri_t, decltype(&mongoc_uri_destroy)>;

constexpr std::int64_t kDefaultPort = 27017;
constexpr std::string_view kDefaultHost = "localhost";
constexpr std::string_view kDefaultDatabase = "leptir";

Error invalid(const std::string& what) {
  return Error(ErrorCode::Invalid, "mongodb: " + what);
}

std::string textOf(const Json& connection, const char* key) {
  return connection.at(key).get<std::string>();
}

// Splits at commas; the parts may be empty.
std::vector<std::string_view> hostsIn(std::string_view list) {
  std::vector<std::string_view> hosts;
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    hosts.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return hosts;
}

bool isPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

// Where the port begins in "host:27017" or "[::1]:27017", with its colon; none: there is no port.
std::size_t portOffset(std::string_view host) {
  const auto colon = host.rfind(':');
  const bool isWithinAddress = host.ends_with(']') || (!host.starts_with('[') && host.find(':') != colon);
  return isWithinAddress ? std::string_view::npos : colon;
}

bool isHost(std::string_view host) {
  const auto colon = portOffset(host);
  if (colon == std::string_view::npos) return !host.empty();
  return colon > 0 && isPort(host.substr(colon + 1));
}

// One host of `host`, as a connection string has it.
std::string hostWithPort(std::string_view host, std::int64_t port) {
  if (host.starts_with('/')) return percentEncoded(host);
  if (portOffset(host) != std::string_view::npos) return std::string(host);
  const bool isPlainIpv6 = host.find(':') != std::string_view::npos && !host.starts_with('[');
  return isPlainIpv6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

Result<ConnectionString> fromHostAndPort(const Json& connection) {
  const auto list = textOf(connection, "host");
  const auto port = connection.at("port").get<std::int64_t>();
  if (list.find("://") != std::string::npos) return invalid("'host' holds a connection string: name it 'uri'");
  if (port < 1 || port > 65535) return invalid("'port' must be 1 to 65535");
  ConnectionString parts;
  for (const auto host : hostsIn(list)) {
    const bool isSocket = host.starts_with('/');
    if ((!isSocket && (!isHost(host) || host.find_first_of("/@?#% ") != std::string_view::npos)))
      return invalid("'host' must be a host, hosts with commas between them, or the path of a socket");
    if (!parts.hosts.empty()) parts.hosts += ',';
    parts.hosts += hostWithPort(host, port);
  }
  return parts;
}

Result<ConnectionString> fromUri(const Json& connection) {
  auto parts = parseConnectionString(textOf(connection, "uri"));
  if (!parts) return parts;
  const bool hasHost = textOf(connection, "host") != kDefaultHost;
  if (hasHost || connection.at("port").get<std::int64_t>() != kDefaultPort)
    return invalid("'uri' names the servers already: leave 'host' and 'port' out");
  for (const auto host : hostsIn(parts->hosts)) {
    if (!isHost(host)) return invalid("'uri' has something that is no host, or no port from 1 to 65535");
  }
  return parts;
}

Result<void> addCredentials(const Json& connection, ConnectionString& to) {
  const auto user = textOf(connection, "user");
  const auto password = textOf(connection, "password");
  for (const auto* text : {&user, &password}) {
    if (!base::isUtf8(*text) || text->find('\0') != std::string::npos)
      return invalid("'user' or 'password' is not a text in UTF-8");
  }
  if (!user.empty() && !to.user.empty()) return invalid("both 'uri' and 'user' name a user: leave one out");
  if (!password.empty() && !to.password.empty())
    return invalid("both 'uri' and 'password' have a password: leave one out");
  if (!user.empty()) to.user = user;
  if (!password.empty()) to.password = password;
  if (!to.password.empty() && to.user.empty()) return invalid("'password' needs 'user'");
  return {};
}

// TLS as the other backends name it. Each of these keys asks for TLS.
Result<void> addTls(const Json& connection, MongodbOptions& to) {
  const auto caFile = textOf(connection, "ca_file");
  const auto certificateFile = textOf(connection, "certificate_file");
  const bool isVerified = connection.at("verify").get<bool>();
  const auto add = [&](bool isWanted, const char* name, const std::string& value, const char* key) -> Result<void> {
    if (!isWanted) return {};
    if (to.has(name)) return invalid(fmt::format("'{}' and the option '{}' are the same: leave one out", key, name));
    return to.add(name, value, key);
  };
  const bool isWanted = connection.at("tls").get<bool>() || !caFile.empty() || !certificateFile.empty() || !isVerified;
  if (auto added = add(isWanted && !to.has("tls"), "tls", "true", "tls"); !added) return added;
  if (auto added = add(!caFile.empty(), "tlsCAFile", caFile, "ca_file"); !added) return added;
  if (auto added = add(!isVerified, "tlsInsecure", "true", "verify"); !added) return added;
  return add(!certificateFile.empty(), "tlsCertificateKeyFile", certificateFile, "certificate_file");
}

void addDefaults(MongodbOptions& options) {
  const auto wait = std::to_string(kMaxWaitMs);
  for (const auto* name : {"serverSelectionTimeoutMS", "socketTimeoutMS", "waitQueueTimeoutMS"})
    options.addDefault(name, wait);
  // Shorter than serverSelectionTimeoutMS, so that an error says why there is no connection.
  options.addDefault("connectTimeoutMS", "2000");
  options.addDefault("appName", "leptir");
  options.addDefault("w", "majority");
  options.addDefault("journal", "true");
  // Shorter than socketTimeoutMS, so that the server says that a majority was not reached.
  options.addDefault("wTimeoutMS", "2000");
}

// Lets libmongoc read the connection string, without credentials.
Result<MongocUri> checkedUri(const ConnectionString& parts) {
  initializeLibmongoc();
  bson_error_t error{};
  MongocUri uri(mongoc_uri_new_with_error(parts.redactedText().c_str(), &error), &mongoc_uri_destroy);
  if (uri == nullptr) return invalid("the connection is not possible as configured: " + base::escaped(error.message));
  return uri;
}

std::string whereOf(const mongoc_uri_t& uri) {
  if (const char* srv = mongoc_uri_get_srv_hostname(&uri); srv != nullptr) return fmt::format("mongodb {}", srv);
  std::string where = "mongodb ";
  for (const auto* host = mongoc_uri_get_hosts(&uri); host != nullptr; host = host->next) {
    if (!where.ends_with(' ')) where += ',';
    where += host->family == AF_UNIX ? host->host : host->host_and_port;
  }
  return base::escaped(where);
}

// MongoDB's rules for names, on all its systems.
Result<std::string> databaseName(const Json& connection, const ConnectionString& parts) {
  auto name = textOf(connection, "database");
  if (name.empty()) name = parts.database.empty() ? std::string(kDefaultDatabase) : parts.database;
  constexpr std::string_view kForbidden{"/\\. \"$*<>:|?\0", 13};
  if (name.size() > 63 || name.find_first_of(kForbidden) != std::string::npos || !base::isUtf8(name))
    return invalid(fmt::format("'database' {} is no name of a database in MongoDB", base::inQuotes(name)));
  for (const auto* own : {"admin", "config", "local"}) {
    if (name == own) return invalid(fmt::format("the database '{}' is the server's own: set 'database'", name));
  }
  return name;
}

Result<std::string> collectionName(const Json& connection) {
  auto name = textOf(connection, "collection");
  constexpr std::string_view kForbidden{"$\0", 2};
  // The server takes at most 255 bytes for the name of the database, this name and `.sessions` together.
  constexpr std::size_t kMaxShownBytes = 180;
  const bool isName = !name.empty() && name.size() <= kMaxShownBytes && !name.starts_with("system.") &&
                      !name.starts_with('.') && !name.ends_with('.') &&
                      name.find_first_of(kForbidden) == std::string::npos && base::isUtf8(name);
  if (!isName) return invalid(fmt::format("'collection' {} is no name of a collection", base::inQuotes(name)));
  return name;
}

Result<ConnectionString> connectionStringOf(const Json& connection) {
  const bool hasUri = !textOf(connection, "uri").empty();
  auto parts = hasUri ? fromUri(connection) : fromHostAndPort(connection);
  if (!parts) return parts;
  if (auto added = addCredentials(connection, *parts); !added) return added.error();
  if (auto added = parts->options.addMap(connection.at("options")); !added) return added.error();
  if (auto added = addTls(connection, parts->options); !added) return added.error();
  addDefaults(parts->options);
  return parts;
}

}  // namespace

std::string MongodbAddress::poolKey() const {
  return uri + '\0' + database;
}

std::span<const ConfigKey> mongodbAddressKeys() {
  static const std::array<ConfigKey, 11> keys{{
      {"uri", Type::Text, "", "connection string (mongodb://…), instead of 'host' and 'port'"},
      {"host", Type::Text, kDefaultHost, "host or address; several with commas; or the path of a socket"},
      {"port", Type::Integer, kDefaultPort, "port of the hosts that name none"},
      {"database", Type::Text, "", "database; empty: that of 'uri', else leptir"},
      {"user", Type::Text, "", "user to log in as; empty: no login"},
      {"password", Type::Text, "", "password of the user"},
      {"tls", Type::Boolean, false, "speak TLS; the next three imply it"},
      {"verify", Type::Boolean, true, "verify the server's certificate and its name"},
      {"ca_file", Type::Path, "", "file of authorities to verify by; empty: the system's"},
      {"certificate_file", Type::Path, "", "certificate of this client and its key, in one file"},
      {"options", Type::Map, Json::object(), "options of connection strings, by name"},
  }};
  return keys;
}

Result<MongodbAddress> mongodbAddress(const Json& connection) {
  const auto parts = connectionStringOf(connection);
  if (!parts) return parts.error();
  auto database = databaseName(connection, *parts);
  if (!database) return database.error();
  auto collection = collectionName(connection);
  if (!collection) return collection.error();
  const auto uri = checkedUri(*parts);
  if (!uri) return uri.error();
  return MongodbAddress{parts->text(), whereOf(**uri), std::move(*database), std::move(*collection)};
}

}  // namespace leptir::mongodb
