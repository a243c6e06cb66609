#include "backends/sqs/message_note.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "leptir/spi/broker_task.h"

namespace leptir::sqs {
namespace {

constexpr const char* kLeptirAttribute = "leptir";

std::int64_t unixMilliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

constexpr const char* kLease = "lease";

std::optional<std::int64_t> numberIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) return {};
  return found->get<std::int64_t>();
}

bool isOurs(const MessageAttribute& attribute) {
  return attribute.name == kLeptirAttribute;
}

// An empty object: the message has no such attribute, or one that cannot be read.
Json readAttribute(const std::vector<MessageAttribute>& attributes) {
  const auto found = std::ranges::find_if(attributes, isOurs);
  if (found == attributes.end()) return Json::object();
  auto json = parseJson(found->text, 2);
  return json && json->is_object() ? std::move(*json) : Json::object();
}

}  // namespace

MessageAttribute makeDelayAttribute(const DelayInfo& note) {
  return {.name = kLeptirAttribute,
          .type = "String",
          .text = writeJson({{"due", unixMilliseconds(note.due)}, {"rest", note.rest.count()}})};
}

MessageAttribute makeBurialAttribute(std::string_view reason, Time now, std::size_t mostBytes) {
  return {.name = kLeptirAttribute,
          .type = "String",
          .text = writeJson({{"reason", base::utf8Prefix(reason, mostBytes)}, {"buried", unixMilliseconds(now)}})};
}

void setPreviousLease(OutgoingMessage& message, std::uint64_t lease) {
  const auto ours = std::ranges::count_if(message.attributes, isOurs);
  if (ours == 0 && message.attributes.size() >= kMaxAttributes) return;
  auto note = readAttribute(message.attributes);
  note[kLease] = lease;
  std::erase_if(message.attributes, isOurs);
  message.attributes.push_back({.name = kLeptirAttribute, .type = "String", .text = writeJson(note)});
}

std::uint64_t previousLeaseIn(const std::vector<MessageAttribute>& attributes) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, numberIn(readAttribute(attributes), kLease).value_or(0)));
}

std::optional<DelayInfo> readDelayInfo(const std::vector<MessageAttribute>& attributes) {
  const auto note = readAttribute(attributes);
  const auto due = numberIn(note, "due"), rest = numberIn(note, "rest");
  constexpr std::int64_t kMax = std::chrono::milliseconds(kMaxTimeSpan).count();
  if (!due || !rest || *due > kMax || *due < -kMax || *rest < 0) return {};
  return DelayInfo{.due = Time(std::chrono::milliseconds(*due)),
                   .rest = std::min(std::chrono::seconds(*rest), kMaxTimeSpan)};
}

std::vector<MessageAttribute> attributesOfOthers(std::vector<MessageAttribute> attributes) {
  std::erase_if(attributes, isOurs);
  return attributes;
}

}  // namespace leptir::sqs
