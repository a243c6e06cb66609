#include "backends/mongodb/mongodb_error.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "backends/mongodb/mongodb_codes.h"
#include "base/escape.h"

namespace leptir::mongodb {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool hasLabel(DocumentView reply, std::string_view label) {
  const auto labels = reply.document("errorLabels");
  bool isThere = false;
  if (labels) labels->forEach([&](const ValueView& each) { isThere = isThere || each.text() == label; });
  return isThere;
}

MongodbError errorOfCode(std::int32_t code, std::string_view words, CallKind kind, std::string_view where) {
  const auto meaning = meaningOf(code, words);
  const auto remedy = kind == CallKind::Read ? meaning.onRead : meaning.onWrite;
  const auto quoted = base::inQuotes(words, 300);
  if (meaning.meaning.empty()) return {remedy, code, fmt::format("{}: refuses: {}", where, quoted)};
  const auto shown = code == 17419 || code == 17420 ? kTooLargeCode : code;
  return {remedy, shown, fmt::format("{}: {} ({})", where, meaning.meaning, quoted)};
}

// The words of libmongoc that a user would stumble over.
std::string readableMessage(std::string_view words) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kWords{{
      {"] [", ", "},
      {"Failed to connect to target host: ", "cannot connect to "},
      {"Failed to resolve ", "cannot find "},
      {" calling hello on ", " at "},
      {" calling ismaster on ", " at "},
  }};
  std::string text(words.substr(0, words.find_last_not_of('.') + 1));
  for (const auto& [from, to] : kWords) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  return text;
}

// The reasons in "No suitable servers found: `serverSelectionTimeoutMS` expired: [one] [another]"; empty: there is
// none.
std::string_view selectionFailureReasons(std::string_view text) {
  const auto begin = text.find('[');
  const auto end = text.rfind(']');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  return text.substr(begin + 1, end - begin - 1);
}

struct Diagnosis {
  Remedy remedy;
  std::string text;
};

// No server could be chosen, or no connection be made: nothing was sent.
Diagnosis diagnoseUnreachable(std::string_view words) {
  const auto text = readableMessage(words);
  const auto says = [&](std::string_view part) { return contains(text, part); };
  if (says("ertificate verify failed") || says("ertificate verification failed"))
    return {Remedy::Configure,
            fmt::format("the server's certificate is not trusted: correct 'ca_file' or the host's name ({})", text)};
  if (says("nitialize TLS state"))
    return {Remedy::Configure,
            fmt::format("the certificates in 'ca_file' or 'certificate_file' cannot be used ({})", text)};
  if (says("wire version")) return {Remedy::Configure, fmt::format("leptir needs MongoDB 4.2 or later ({})", text)};
  if (says("TLS handshake"))
    return {Remedy::Reconnect,
            fmt::format("{}: see 'ca_file' and 'certificate_file', and whether the server speaks TLS", text)};
  if (says("socket error") || says("connection closed") || says("socket timeout"))
    return {Remedy::Reconnect, fmt::format("{}; if the server speaks TLS, set 'tls'", text)};
  if (says("cannot connect to") || says("cannot find") || says("connection refused"))
    return {Remedy::Reconnect, fmt::format("{}: start the server, or correct 'host' and 'port'", text)};
  return {Remedy::Reconnect, text};
}

Diagnosis diagnoseSelection(std::string_view text) {
  const auto reasons = selectionFailureReasons(text);
  if (!reasons.empty()) return diagnoseUnreachable(reasons);
  if (contains(text, "wire version")) return diagnoseUnreachable(text);
  return {Remedy::Reconnect, "no primary can be reached: an election, it is down, or 'replicaSet' is wrong"};
}

// A connection was lost. The text names the command if that was the first one of a new connection.
Diagnosis diagnoseStream(const bson_error_t& error, std::string_view text, CallKind kind) {
  const bool isBeforeSending = error.code != MONGOC_ERROR_STREAM_SOCKET || contains(text, "\"hello\"") ||
                               contains(text, "\"isMaster\"") || contains(text, "\"saslStart\"");
  if (isBeforeSending) return diagnoseUnreachable(text);
  const bool isWrite = kind == CallKind::Write;
  return {isWrite ? Remedy::Check : Remedy::Reconnect, fmt::format("the connection was lost ({})", text)};
}

Diagnosis diagnoseClient(const bson_error_t& error, std::string_view text) {
  switch (error.code) {
    case MONGOC_ERROR_CLIENT_TOO_BIG:
      return {Remedy::Refuse, fmt::format("the request is too large to be sent; libmongoc says: {}", text)};
    case MONGOC_ERROR_CLIENT_NOT_READY:
    case MONGOC_ERROR_CLIENT_IN_EXHAUST:
      return {Remedy::Reconnect, std::string(text)};
    default:
      return {Remedy::Configure,
              fmt::format("refuses the login: correct 'user', 'password', and the options authSource and "
                          "authMechanism ({})",
                          text)};
  }
}

// What libmongoc says on its own.
Diagnosis diagnoseLibmongoc(const bson_error_t& error, CallKind kind) {
  const auto text = base::escaped(error.message);
  switch (error.domain) {
    case MONGOC_ERROR_SERVER_SELECTION:
      return diagnoseSelection(text);
    case MONGOC_ERROR_STREAM:
      return diagnoseStream(error, text, kind);
    case MONGOC_ERROR_SASL:
    case MONGOC_ERROR_SCRAM:
    case MONGOC_ERROR_CLIENT:
      return diagnoseClient(error, text);
    case MONGOC_ERROR_BSON:
      return {Remedy::Refuse, text};
    case MONGOC_ERROR_PROTOCOL:
      if (error.code == MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION)
        return {Remedy::Configure, fmt::format("leptir needs MongoDB 4.2 or later ({})", text)};
      break;
    case MONGOC_ERROR_COMMAND:
      if (contains(text, "invalidated server")) return {Remedy::Reconnect, text};  // it was lost a moment ago
      return {Remedy::Refuse, text};
    default:
      break;
  }
  return {kind == CallKind::Write ? Remedy::Check : Remedy::Reconnect, text};
}

// The domains whose code is the server's.
bool isServerError(const bson_error_t& error) {
  return error.domain == MONGOC_ERROR_SERVER || error.domain == MONGOC_ERROR_WRITE_CONCERN;
}

}  // namespace

Error MongodbError::error() const {
  switch (remedy) {
    case Remedy::Retry:
    case Remedy::Reconnect:
    case Remedy::Check:
      return Error(ErrorCode::Unavailable, message);
    case Remedy::Refuse:
      return Error(code == kTooLargeCode ? ErrorCode::TooLarge : ErrorCode::Invalid, message);
    case Remedy::Configure:
    case Remedy::Duplicate:
      break;
  }
  return Error(ErrorCode::Invalid, message);
}

MongodbError errorOf(const bson_error_t& error, DocumentView reply, CallKind kind, std::string_view where) {
  if (const auto concern = reply.document("writeConcernError")) return writeConcernErrorOf(*concern, where);
  if (isServerError(error)) {
    auto found = errorOfCode(static_cast<std::int32_t>(error.code), error.message, kind, where);
    if (found.remedy == Remedy::Check && hasLabel(reply, "NoWritesPerformed")) found.remedy = Remedy::Retry;
    return found;
  }
  auto diagnosis = diagnoseLibmongoc(error, kind);
  const bool isTooBig = error.domain == MONGOC_ERROR_CLIENT && error.code == MONGOC_ERROR_CLIENT_TOO_BIG;
  const auto code = isTooBig ? kTooLargeCode : static_cast<std::int32_t>(error.code);
  return {diagnosis.remedy, code, fmt::format("{}: {}", where, diagnosis.text)};
}

MongodbError writeErrorOf(DocumentView writeError, std::string_view where) {
  const auto code = static_cast<std::int32_t>(writeError.integer("code").value_or(0));
  return errorOfCode(code, writeError.text("errmsg").value_or("no message"), CallKind::Write, where);
}

MongodbError writeConcernErrorOf(DocumentView concernError, std::string_view where) {
  auto found = writeErrorOf(concernError, where);
  found.remedy = Remedy::Check;
  return found;
}

}  // namespace leptir::mongodb
