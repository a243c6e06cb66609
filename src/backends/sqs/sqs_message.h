// Messages of Amazon SQS, and the JSON of the requests and answers that carry them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/json.h"
#include "leptir/result.h"

namespace leptir::sqs {

inline constexpr std::size_t kMaxEntries = 10;     // of a batch, and of a receive
inline constexpr std::size_t kMaxAttributes = 10;  // of a message
inline constexpr std::chrono::seconds kMaxDelay{900};

struct MessageAttribute {
  std::string name{};
  std::string type{};    // String, Number or Binary, perhaps with a custom label behind a dot
  std::string text{};    // of the first two
  std::string binary{};  // base64

  std::size_t bytes() const { return name.size() + type.size() + text.size() + binary.size(); }
  friend bool operator==(const MessageAttribute&, const MessageAttribute&) = default;
};

struct OutgoingMessage {
  std::string body{};
  std::chrono::seconds delay{};
  std::vector<MessageAttribute> attributes{};

  // What counts against the queue's MaximumMessageSize.
  std::size_t bytes() const;
};

struct ReceivedMessage {
  std::string id{};
  std::string receipt{};
  std::string body{};
  std::uint32_t receives = 1;  // how often it was received, this time included
  std::vector<MessageAttribute> attributes{};
};

// A change of the visibility of one message.
struct VisibilityChange {
  std::string receipt{};
  std::chrono::seconds visibility{};
};

// An entry of a batch that has failed.
struct FailedEntry {
  std::size_t index = 0;
  std::string code{};  // empty: the answer does not mention the entry
  std::string message{};
  bool isSendersFault = false;  // the same entry would fail again
};

// --- the bodies of requests; the entries of a batch are named by their index

std::string sendBatchBody(const std::string& queue, std::span<const OutgoingMessage* const> messages);
std::string receiveBody(const std::string& queue, std::size_t most, std::chrono::seconds wait,
                        std::chrono::seconds visibility);
std::string deleteBatchBody(const std::string& queue, std::span<const std::string> receipts);
std::string changeVisibilityBatchBody(const std::string& queue, std::span<const VisibilityChange> changes);
std::string attributesBody(const std::string& queue, std::span<const std::string_view> names);

// The attributes of a message, as they stand in requests and answers.
Json attributesJson(const std::vector<MessageAttribute>& attributes);
std::vector<MessageAttribute> messageAttributesIn(const Json& json);

// --- answers

// Messages without a body or a handle are left out, since nothing could be done with them.
std::vector<ReceivedMessage> receivedMessages(const Json& answer);
// `entries`: how many the request had.
std::vector<FailedEntry> failedEntries(const Json& answer, std::size_t entries);

}  // namespace leptir::sqs
