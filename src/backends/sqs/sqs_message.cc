#include "backends/sqs/sqs_message.h"

#include <charconv>
#include <utility>

namespace leptir::sqs {
namespace {

std::string textOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint32_t numberIn(const std::string& text, std::uint32_t otherwise) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : otherwise;
}

ReceivedMessage messageOf(const Json& json) {
  const auto attributes = json.find("MessageAttributes");
  ReceivedMessage message{
      .id = textOf(json, "MessageId"),
      .receipt = textOf(json, "ReceiptHandle"),
      .body = textOf(json, "Body"),
      .attributes = attributes != json.end() ? messageAttributesIn(*attributes) : std::vector<MessageAttribute>()};
  const auto system = json.find("Attributes");
  if (system != json.end() && system->is_object())
    message.receives = std::max(1u, numberIn(textOf(*system, "ApproximateReceiveCount"), 1));
  return message;
}

Json batchEntry(std::size_t index) {
  return {{"Id", std::to_string(index)}};
}

std::string batchBody(const std::string& queue, Json entries) {
  return writeJson({{"QueueUrl", queue}, {"Entries", std::move(entries)}});
}

// The members of `answer[list]` that name an entry of the request by `Id`.
template <class Use>
void forEachResultEntry(const Json& answer, const char* list, std::size_t entries, Use use) {
  const auto found = answer.find(list);
  if (found == answer.end() || !found->is_array()) return;
  for (const auto& named : *found) {
    if (!named.is_object()) continue;
    const auto index = numberIn(textOf(named, "Id"), static_cast<std::uint32_t>(entries));
    if (index < entries) use(index, named);
  }
}

}  // namespace

std::size_t OutgoingMessage::bytes() const {
  std::size_t sum = body.size();
  for (const auto& attribute : attributes) sum += attribute.bytes();
  return sum;
}

Json attributesJson(const std::vector<MessageAttribute>& attributes) {
  Json json = Json::object();
  for (const auto& attribute : attributes) {
    auto& one = json[attribute.name] = {{"DataType", attribute.type}};
    if (attribute.type.starts_with("Binary")) {
      one["BinaryValue"] = attribute.binary;
    } else {
      one["StringValue"] = attribute.text;
    }
  }
  return json;
}

std::vector<MessageAttribute> messageAttributesIn(const Json& json) {
  std::vector<MessageAttribute> attributes;
  if (!json.is_object()) return attributes;
  for (const auto& [name, value] : json.items()) {
    if (!value.is_object()) continue;
    attributes.push_back({.name = name,
                          .type = textOf(value, "DataType"),
                          .text = textOf(value, "StringValue"),
                          .binary = textOf(value, "BinaryValue")});
  }
  return attributes;
}

std::string sendBatchBody(const std::string& queue, std::span<const OutgoingMessage* const> messages) {
  Json entries = Json::array();
  for (const auto* message : messages) {
    auto one = batchEntry(entries.size());
    one["MessageBody"] = message->body;
    if (message->delay.count() > 0) one["DelaySeconds"] = message->delay.count();
    if (!message->attributes.empty()) one["MessageAttributes"] = attributesJson(message->attributes);
    entries.push_back(std::move(one));
  }
  return batchBody(queue, std::move(entries));
}

// `AttributeNames` is the older name of `MessageSystemAttributeNames`, which every service and emulator knows.
std::string receiveBody(const std::string& queue, std::size_t most, std::chrono::seconds wait,
                        std::chrono::seconds visibility) {
  return writeJson({{"QueueUrl", queue},
                    {"MaxNumberOfMessages", most},
                    {"WaitTimeSeconds", wait.count()},
                    {"VisibilityTimeout", visibility.count()},
                    {"AttributeNames", {"ApproximateReceiveCount"}},
                    {"MessageAttributeNames", {"All"}}});
}

std::string deleteBatchBody(const std::string& queue, std::span<const std::string> receipts) {
  Json entries = Json::array();
  for (const auto& receipt : receipts) {
    auto one = batchEntry(entries.size());
    one["ReceiptHandle"] = receipt;
    entries.push_back(std::move(one));
  }
  return batchBody(queue, std::move(entries));
}

std::string changeVisibilityBatchBody(const std::string& queue, std::span<const VisibilityChange> changes) {
  Json entries = Json::array();
  for (const auto& change : changes) {
    auto one = batchEntry(entries.size());
    one["ReceiptHandle"] = change.receipt;
    one["VisibilityTimeout"] = change.visibility.count();
    entries.push_back(std::move(one));
  }
  return batchBody(queue, std::move(entries));
}

std::string attributesBody(const std::string& queue, std::span<const std::string_view> names) {
  Json list = Json::array();
  for (const auto name : names) list.push_back(name);
  return writeJson({{"QueueUrl", queue}, {"AttributeNames", std::move(list)}});
}

std::vector<ReceivedMessage> receivedMessages(const Json& answer) {
  std::vector<ReceivedMessage> messages;
  const auto found = answer.find("Messages");
  if (found == answer.end() || !found->is_array()) return messages;
  for (const auto& json : *found) {
    if (!json.is_object() || !json.contains("Body")) continue;
    auto message = messageOf(json);
    if (!message.receipt.empty()) messages.push_back(std::move(message));
  }
  return messages;
}

std::vector<FailedEntry> failedEntries(const Json& answer, std::size_t entries) {
  std::vector<bool> succeeded(entries, false);
  std::vector<FailedEntry> failed;
  forEachResultEntry(answer, "Successful", entries, [&](std::size_t index, const Json&) { succeeded[index] = true; });
  std::vector<FailedEntry> named(entries);
  forEachResultEntry(answer, "Failed", entries, [&](std::size_t index, const Json& json) {
    named[index] = {.code = textOf(json, "Code"),
                    .message = textOf(json, "Message"),
                    .isSendersFault = json.value("SenderFault", Json()) == true};
  });
  for (std::size_t index = 0; index < entries; ++index) {
    if (succeeded[index]) continue;
    named[index].index = index;
    failed.push_back(std::move(named[index]));
  }
  return failed;
}

}  // namespace leptir::sqs
