// For tests: one message of MongoDB's wire protocol, as far as drivers of today use it: OP_MSG, and OP_QUERY with
// OP_REPLY, in which libmongoc says its first hello.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/json.h"
#include "tests/support/bson_document.h"

namespace leptir {

struct MongodbMessage {
  enum Operation : std::int32_t { kReply = 1, kQuery = 2004, kMsg = 2013 };

  std::int32_t id = 0, answers = 0, operation = kMsg;
  std::string before;  // what stands before the body, after the header
  BsonDocument body;   // the command, or the reply
  std::string after;   // OP_MSG: document sequences, for example the documents of an insert

  // Both throw a std::runtime_error for bytes that are no message, or one of another operation.
  static MongodbMessage parse(std::string_view bytes);
  // Waits for a whole message. Empty: the connection is closed.
  static std::optional<MongodbMessage> readFrom(int socket);
  std::string bytes() const;

  // The first key of the body: the name of a command, with "hello" for its older names, and "changeStream" for an
  // `aggregate` that opens one.
  std::string command() const;
  // The text at that key: for most commands the name of a collection; empty: no text.
  std::string collection() const;
  // The client wants no reply.
  bool isUnacknowledged() const;
  // Relaxed extended JSON: the body, with each document sequence as a list under its name.
  Json json() const;
};

// Sends all bytes; false if the connection is closed.
bool sendAll(int socket, const std::string& bytes);

// A reply with this body in the form of `request`'s operation.
MongodbMessage replyTo(const MongodbMessage& request, BsonDocument body);

// A copy of the document without these keys.
BsonDocument without(const BsonDocument& document, std::initializer_list<std::string_view> keys);

}  // namespace leptir
