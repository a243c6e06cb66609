// What went wrong between leptir and a MongoDB server: every code and label of the server and of libmongoc is
// classified here, once.
#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/mongodb/bson.h"
#include "leptir/result.h"

namespace leptir::mongodb {

// What the caller does next.
enum class Remedy {
  Retry,      // the server refused for now, nothing was applied: try again later (NotWritablePrimary, write conflict…)
  Reconnect,  // the connection or the choice of a server failed before a write was sent: nothing was applied
  Check,      // the write may have been applied or not: check before deciding
  Configure,  // a person must change something: rights, password, indexes, the server's version
  Refuse,     // this document cannot be stored or read: too large, nested too deep, a name that the server refuses
  Duplicate,  // a unique index has the key already
};

struct MongodbError {
  Remedy remedy = Remedy::Retry;
  std::int32_t code = 0;  // the server's or libmongoc's
  std::string message{};  // "mongodb db1:27017: what happened; what to do"

  // For callers above the backend: Unavailable, Invalid or TooLarge, with the message.
  Error error() const;
};

template <class T>
using MongodbResult = tl::expected<T, MongodbError>;

// The server's code for a document that is too large; all errors of this kind have it as MongodbError::code.
inline constexpr std::int32_t kTooLargeCode = 10334;

// Of a failed call of libmongoc: `error` as it set it, `reply` as the server sent it (may be empty). `kind`: after a
// Write whose outcome is unknown, the remedy is Check.
enum class CallKind { Read, Write };
MongodbError errorOf(const bson_error_t& error, DocumentView reply, CallKind kind, std::string_view where);

// The error of one member of `writeErrors`. The server did not apply the statement; if the remedy is Check, it may
// have applied the statement to some of its documents.
MongodbError writeErrorOf(DocumentView writeError, std::string_view where);
// Of a `writeConcernError`: what was written stands on the primary alone, and may be lost again. Always Check.
MongodbError writeConcernErrorOf(DocumentView concernError, std::string_view where);

}  // namespace leptir::mongodb
