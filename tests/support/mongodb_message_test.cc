#include "tests/support/mongodb_message.h"

#include <gtest/gtest.h>

namespace leptir {
namespace {

MongodbMessage messageOf(const std::string& json) {
  MongodbMessage message;
  message.id = 7;
  message.before.assign(4, '\0');
  message.body = BsonDocument::fromJson(json);
  return message;
}

// A document sequence: kind 1, size, name, documents.
std::string sequence(const std::string& name, const std::vector<std::string>& documents) {
  std::string content = name + '\0';
  for (const auto& json : documents) {
    const auto document = BsonDocument::fromJson(json);
    content.append(reinterpret_cast<const char*>(::bson_get_data(document.get())), document.get()->len);
  }
  const auto size = static_cast<std::uint32_t>(content.size() + 4);
  std::string bytes(1, '\1');
  bytes.append(reinterpret_cast<const char*>(&size), sizeof size);
  return bytes + content;
}

TEST(MongodbMessage, IsTheSameAfterItIsWrittenAndRead) {
  auto message = messageOf(R"({"insert": "tasks", "$db": "x"})");
  message.after = sequence("documents", {R"({"_id": 1})", R"({"_id": 2})"});
  const auto read = MongodbMessage::parse(message.bytes());
  EXPECT_EQ(read.bytes(), message.bytes());
  EXPECT_EQ(read.id, 7);
  EXPECT_EQ(read.command(), "insert");
  EXPECT_EQ(read.collection(), "tasks");
  EXPECT_EQ(read.json(), Json::parse(R"({"insert": "tasks", "$db": "x", "documents": [{"_id": 1}, {"_id": 2}]})"));
}

TEST(MongodbMessage, LosesItsChecksumWhenItIsRead) {
  const auto message = messageOf(R"({"ping": 1})");
  auto bytes = message.bytes() + "sum!";
  bytes[0] = static_cast<char>(bytes.size());
  bytes[16] = 1;  // a checksum is present
  EXPECT_EQ(MongodbMessage::parse(bytes).bytes(), message.bytes());
}

TEST(MongodbMessage, CallsAllNamesOfHelloTheSame) {
  for (const auto* name : {"hello", "isMaster", "ismaster"})
    EXPECT_EQ(messageOf(R"({")" + std::string(name) + R"(": 1})").command(), "hello");
}

TEST(MongodbMessage, IsAnErrorWhenItsBytesEndEarly) {
  const auto bytes = messageOf(R"({"ping": 1, "$db": "admin"})").bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(MongodbMessage::parse(bytes.substr(0, size)), std::exception) << size;
}

TEST(MongodbMessage, IsCopiedWithoutSomeKeys) {
  const auto document = BsonDocument::fromJson(R"({"a": 1, "lsid": {"id": 2}, "b": [3], "txnNumber": 4})");
  EXPECT_EQ(Json::parse(without(document, {"lsid", "txnNumber"}).json()), Json::parse(R"({"a": 1, "b": [3]})"));
}

}  // namespace
}  // namespace leptir
