#include "backends/sqs/received_messages.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "task/json_reader.h"

namespace leptir::sqs {
namespace {

using simdjson::error_code;
using simdjson::ondemand::json_type;
using task::JsonReader;

// Reads `use(key, value)` for each member of an object. The value of a member that `use` leaves alone is skipped.
template <class Use>
error_code forEachMember(JsonReader::Object object, Use use) {
  for (auto entry : object) {
    std::string_view key;
    if (const auto error = JsonReader::keyOf(entry, key)) return error;
    if (const auto error = use(key, JsonReader::valueOf(entry))) return error;
  }
  return simdjson::SUCCESS;
}

// Of another kind than a text: empty.
error_code readText(JsonReader::Value& value, std::string& text) {
  json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type != json_type::string) return simdjson::SUCCESS;
  std::string_view view;
  if (const auto error = value.get_string().get(view)) return error;
  text = view;
  return simdjson::SUCCESS;
}

error_code readReceives(JsonReader::Value& value, std::uint32_t& receives) {
  std::string text;
  if (const auto error = readText(value, text)) return error;
  std::uint32_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec == std::errc() && read.ptr == end) receives = std::max(1u, number);
  return simdjson::SUCCESS;
}

error_code readSystemAttributes(JsonReader::Value& value, std::uint32_t& receives) {
  JsonReader::Object object;
  if (value.get_object().get(object)) return simdjson::SUCCESS;
  return forEachMember(object, [&](std::string_view key, JsonReader::Value& attribute) {
    return key == "ApproximateReceiveCount" ? readReceives(attribute, receives) : simdjson::SUCCESS;
  });
}

struct Reading {
  std::vector<ReceivedMessage> messages{};
  bool needsTree = false;  // what is rare is read by receivedMessages(): attributes
};

error_code readMessage(JsonReader::Value& value, Reading& reading) {
  JsonReader::Object object;
  if (const auto error = value.get_object().get(object)) return error;
  ReceivedMessage message;
  bool hasBody = false;
  const auto error = forEachMember(object, [&](std::string_view key, JsonReader::Value& member) {
    if (key == "MessageId") return readText(member, message.id);
    if (key == "ReceiptHandle") return readText(member, message.receipt);
    if (key == "Attributes") return readSystemAttributes(member, message.receives);
    if (key == "MessageAttributes") reading.needsTree = true;
    if (key != "Body") return simdjson::SUCCESS;
    hasBody = true;
    return readText(member, message.body);
  });
  if (!error && hasBody && !message.receipt.empty()) reading.messages.push_back(std::move(message));
  return error;
}

error_code readMessages(JsonReader::Value& value, Reading& reading) {
  simdjson::ondemand::array list;
  if (const auto error = value.get_array().get(list)) return error;
  for (auto element : list) {
    if (element.error()) return element.error();
    if (const auto error = readMessage(element.value_unsafe(), reading)) return error;
    if (reading.needsTree) return simdjson::SUCCESS;
  }
  return simdjson::SUCCESS;
}

error_code readAnswer(std::string_view answer, Reading& reading) {
  auto& reader = JsonReader::ofThisThread();
  if (const auto error = reader.open(answer)) return error;
  JsonReader::Object object;
  if (const auto error = reader.document().get_object().get(object)) return error;
  const auto error = forEachMember(object, [&](std::string_view key, JsonReader::Value& member) {
    return key == "Messages" && !reading.needsTree ? readMessages(member, reading) : simdjson::SUCCESS;
  });
  return error || reading.needsTree ? error : reader.expectEnd();
}

}  // namespace

// What the quick reader does not take (an object where a list is expected, a byte order mark) the tree decides.
Result<std::vector<ReceivedMessage>> readReceivedMessages(std::string_view answer) {
  Reading reading;
  if (!readAnswer(answer, reading) && !reading.needsTree) return std::move(reading.messages);
  const auto tree = parseJson(answer);
  if (!tree) return tree.error();
  if (!tree->is_object()) return Error(ErrorCode::Unavailable, "the answer is no JSON object");
  return receivedMessages(*tree);
}

}  // namespace leptir::sqs
