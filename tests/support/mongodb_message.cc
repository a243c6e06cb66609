#include "tests/support/mongodb_message.h"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace leptir {
namespace {

constexpr std::size_t kHeader = 16;
constexpr std::size_t kMaxBytes = 48'000'000;
constexpr std::uint32_t kChecksumPresent = 1, kMoreToCome = 2;

std::int32_t numberAt(std::string_view bytes, std::size_t place) {
  if (place + sizeof(std::int32_t) > bytes.size()) throw std::runtime_error("a message ends early");
  std::int32_t number;
  std::memcpy(&number, bytes.data() + place, sizeof number);
  return BSON_UINT32_FROM_LE(number);
}

void append(std::string& bytes, std::int32_t number) {
  number = static_cast<std::int32_t>(BSON_UINT32_TO_LE(static_cast<std::uint32_t>(number)));
  bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
}

bool receive(int socket, char* to, std::size_t size) {
  return ::recv(socket, to, size, MSG_WAITALL) == static_cast<ssize_t>(size);
}

// The size of a document or a sequence, which begins with it.
std::size_t sizeAt(std::string_view bytes, std::size_t place) {
  const auto size = numberAt(bytes, place);
  if (size < 4 || static_cast<std::size_t>(size) > bytes.size() - place)
    throw std::runtime_error("a document of a message ends early");
  return static_cast<std::size_t>(size);
}

BsonDocument documentAt(std::string_view bytes, std::size_t place) {
  const auto size = sizeAt(bytes, place);
  bson_t* const made = ::bson_new_from_data(reinterpret_cast<const std::uint8_t*>(bytes.data()) + place, size);
  if (made == nullptr) throw std::runtime_error("a message has no BSON where a document should be");
  return BsonDocument(made);
}

// `rest` is what follows the header. The body of a query or its reply stands at a fixed place.
void parseLegacy(MongodbMessage& message, std::string_view rest) {
  const auto place = message.operation == MongodbMessage::kReply ? 20 : rest.find('\0', 4) + 1 + 8;
  message.body = documentAt(rest, place);
  message.before = rest.substr(0, place);
  message.after = rest.substr(place + message.body.get()->len);
}

// The body and the document sequences may stand in any order.
void parseSections(MongodbMessage& message, std::string_view rest) {
  message.before = rest.substr(0, 4);
  const auto flags = static_cast<std::uint32_t>(numberAt(rest, 0));
  const std::size_t end = rest.size() - ((flags & kChecksumPresent) != 0 ? 4 : 0);
  bool hasBody = false;
  for (std::size_t place = 4; place < end;) {
    const auto size = sizeAt(rest, place + 1);
    if (rest[place] == 0) {
      message.body = documentAt(rest, place + 1);
      hasBody = true;
    } else {
      message.after += rest.substr(place, size + 1);
    }
    place += size + 1;
  }
  if (!hasBody) throw std::runtime_error("a message has no body");
  message.before[0] = static_cast<char>(message.before[0] & ~kChecksumPresent);
}

// The first element of the body.
std::optional<bson_iter_t> firstOf(const BsonDocument& body) {
  bson_iter_t place;
  if (!::bson_iter_init(&place, body.get()) || !::bson_iter_next(&place)) return std::nullopt;
  return place;
}

bool opensChangeStream(const BsonDocument& command) {
  bson_iter_t iter, found;
  return bson_iter_init(&iter, command.get()) && bson_iter_find_descendant(&iter, "pipeline.0.$changeStream", &found);
}

}  // namespace

std::optional<MongodbMessage> MongodbMessage::readFrom(int socket) {
  std::string header(kHeader, '\0');
  if (!receive(socket, header.data(), kHeader)) return std::nullopt;
  const auto size = static_cast<std::size_t>(numberAt(header, 0));
  if (size < kHeader || size > kMaxBytes) return std::nullopt;
  std::string rest(size - kHeader, '\0');
  if (!receive(socket, rest.data(), rest.size())) return std::nullopt;
  return parse(header + rest);
}

MongodbMessage MongodbMessage::parse(std::string_view bytes) {
  MongodbMessage message;
  message.id = numberAt(bytes, 4);
  message.answers = numberAt(bytes, 8);
  message.operation = numberAt(bytes, 12);
  const auto rest = bytes.substr(kHeader);
  switch (message.operation) {
    case kMsg:
      parseSections(message, rest);
      return message;
    case kQuery:
    case kReply:
      parseLegacy(message, rest);
      return message;
    default:
      throw std::runtime_error("a message of an unknown operation");
  }
}

std::string MongodbMessage::bytes() const {
  std::string bytes;
  const auto sections = operation == kMsg ? std::string(1, '\0') : "";
  const auto size = kHeader + before.size() + sections.size() + body.get()->len + after.size();
  for (const auto number : {static_cast<std::int32_t>(size), id, answers, operation}) append(bytes, number);
  bytes += before + sections;
  bytes.append(reinterpret_cast<const char*>(::bson_get_data(body.get())), body.get()->len);
  return bytes + after;
}

std::string MongodbMessage::command() const {
  const auto first = firstOf(body);
  const std::string name = first ? ::bson_iter_key(&*first) : "";
  if (name == "aggregate" && opensChangeStream(body)) return "changeStream";
  return name == "isMaster" || name == "ismaster" ? "hello" : name;
}

std::string MongodbMessage::collection() const {
  const auto first = firstOf(body);
  return first && BSON_ITER_HOLDS_UTF8(&*first) ? ::bson_iter_utf8(&*first, nullptr) : "";
}

bool MongodbMessage::isUnacknowledged() const {
  return operation == kMsg && (static_cast<std::uint32_t>(numberAt(before, 0)) & kMoreToCome) != 0;
}

Json MongodbMessage::json() const {
  auto json = Json::parse(body.json());
  for (std::size_t place = 0; operation == kMsg && place < after.size();) {
    const auto end = place + 1 + sizeAt(after, place + 1);
    const std::string name = after.c_str() + place + 5;
    auto& list = json[name] = Json::array();
    for (place += 5 + name.size() + 1; place < end;) {
      const auto document = documentAt(after, place);
      list.push_back(Json::parse(document.json()));
      place += document.get()->len;
    }
  }
  return json;
}

bool sendAll(int socket, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto more = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += static_cast<std::size_t>(more);
  }
  return true;
}

MongodbMessage replyTo(const MongodbMessage& request, BsonDocument body) {
  MongodbMessage reply;
  reply.answers = request.id;
  reply.operation = request.operation == MongodbMessage::kQuery ? MongodbMessage::kReply : MongodbMessage::kMsg;
  reply.before.assign(reply.operation == MongodbMessage::kMsg ? 4 : 20, '\0');
  if (reply.operation == MongodbMessage::kReply) reply.before[16] = 1;  // one document
  reply.body = std::move(body);
  return reply;
}

BsonDocument without(const BsonDocument& document, std::initializer_list<std::string_view> keys) {
  BsonDocument rest;
  bson_iter_t place;
  for (bool more = ::bson_iter_init(&place, document.get()); more && ::bson_iter_next(&place);) {
    const std::string_view key = ::bson_iter_key(&place);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) ::bson_append_iter(rest.get(), nullptr, 0, &place);
  }
  return rest;
}

}  // namespace leptir
