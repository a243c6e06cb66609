#include "backends/mongodb/connection_string.h"

#include <optional>
#include <utility>

#include "backends/mongodb/percent_text.h"

namespace leptir::mongodb {
namespace {

constexpr std::string_view kMongodbScheme = "mongodb://";
constexpr std::string_view kMongodbSrvScheme = "mongodb+srv://";

Error badUri(const char* what) {
  return Error(ErrorCode::Invalid, std::string("mongodb: 'uri' ") + what);
}

Error badCredentials() {
  return badUri(
      "has a character in its user or password that must be percent-encoded (or leave them out, and set 'user' and "
      "'password')");
}

// Cuts `text` at the first of `separators`, and returns the part behind it; none: there is no separator.
std::optional<std::string_view> splitOffTail(std::string_view& text, std::string_view separators) {
  const auto at = text.find_first_of(separators);
  if (at == std::string_view::npos) return {};
  const auto behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

Result<std::string> decoded(std::string_view text, const char* what) {
  auto plain = percentDecoded(text);
  if (!plain || plain->find('\0') != std::string::npos) return badUri(what);
  return std::move(*plain);
}

// `credentials`: what stands in front of the `@`.
Result<void> readCredentials(std::string_view credentials, ConnectionString& to) {
  const auto password = splitOffTail(credentials, ":");
  if (credentials.empty() || (password && password->find(':') != std::string_view::npos)) return badCredentials();
  auto user = decoded(credentials, "has a user that is wrongly percent-encoded");
  auto secret = decoded(password.value_or(""), "has a password that is wrongly percent-encoded");
  if (!user) return user.error();
  if (!secret) return secret.error();
  to.user = std::move(*user);
  to.password = std::move(*secret);
  return {};
}

// `options`: what stands behind the `?`.
Result<void> readOptions(std::string_view options, MongodbOptions& to) {
  std::optional<std::string_view> rest = options;
  while (rest) {
    auto name = *rest;
    rest = splitOffTail(name, "&;");
    if (name.empty()) continue;
    const auto value = splitOffTail(name, "=");
    if (!value || value->empty()) return badUri("has an option without a value");
    const auto plain = decoded(*value, "has an option that is wrongly percent-encoded");
    if (!plain) return plain.error();
    if (auto added = to.add(name, *plain, "'uri'"); !added) return added;
  }
  return {};
}

std::string composed(const ConnectionString& parts, const std::string& credentials) {
  std::string text(parts.isSrv ? kMongodbSrvScheme : kMongodbScheme);
  if (!credentials.empty()) text += credentials + '@';
  text += parts.hosts + '/' + percentEncoded(parts.database);
  if (const auto options = parts.options.text(); !options.empty()) text += '?' + options;
  return text;
}

}  // namespace

std::string ConnectionString::text() const {
  auto credentials = percentEncoded(user);
  if (!password.empty()) credentials += ':' + percentEncoded(password);
  return composed(*this, credentials);
}

std::string ConnectionString::redactedText() const {
  const std::string placeholder = password.empty() ? "user" : "user:password";
  return composed(*this, user.empty() ? std::string() : placeholder);
}

Result<ConnectionString> parseConnectionString(std::string_view uri) {
  ConnectionString parts;
  parts.isSrv = uri.starts_with(kMongodbSrvScheme);
  if (!parts.isSrv && !uri.starts_with(kMongodbScheme)) return badUri("must begin with mongodb:// or mongodb+srv://");
  uri.remove_prefix(parts.isSrv ? kMongodbSrvScheme.size() : kMongodbScheme.size());
  const auto options = splitOffTail(uri, "?");
  const auto path = splitOffTail(uri, "/");
  const auto at = uri.rfind('@');
  // What stands behind the hosts has no `@`, or it is a part of a password with a character like `/`.
  if ((options && options->find('@') != std::string_view::npos) || (path && path->find('@') != std::string_view::npos))
    return badCredentials();
  if (at != std::string_view::npos) {
    if (uri.find('@') != at) return badCredentials();
    if (auto read = readCredentials(uri.substr(0, at), parts); !read) return read.error();
    uri.remove_prefix(at + 1);
  }
  parts.hosts = uri;
  auto database = decoded(path.value_or(""), "has a database that is wrongly percent-encoded");
  if (!database) return database.error();
  parts.database = std::move(*database);
  if (auto read = readOptions(options.value_or(""), parts.options); !read) return read.error();
  return parts;
}

}  // namespace leptir::mongodb
