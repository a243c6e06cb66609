#include "backends/sqs/message_note.h"

#include <algorithm>

#include "base/utf8.h"
#include "leptir/spi/broker_task.h"

namespace leptir::sqs {
namespace {

constexpr const char* kName = "leptir";

std::int64_t unixMilliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

std::optional<std::int64_t> numberIn(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number_integer()) return {};
  return found->get<std::int64_t>();
}

}  // namespace

MessageAttribute attributeOf(const DelayNote& note) {
  return {.name = kName,
          .type = "String",
          .text = writeJson({{"due", unixMilliseconds(note.due)}, {"rest", note.rest.count()}})};
}

MessageAttribute attributeOfBurial(std::string_view reason, Time now, std::size_t mostBytes) {
  return {.name = kName,
          .type = "String",
          .text = writeJson({{"reason", base::utf8Prefix(reason, mostBytes)}, {"buried", unixMilliseconds(now)}})};
}

std::optional<DelayNote> delayNoteIn(const std::vector<MessageAttribute>& attributes) {
  const auto found = std::ranges::find(attributes, kName, &MessageAttribute::name);
  if (found == attributes.end()) return {};
  const auto json = parseJson(found->text, 2);
  if (!json || !json->is_object()) return {};
  const auto due = numberIn(*json, "due"), rest = numberIn(*json, "rest");
  constexpr std::int64_t kMost = std::chrono::milliseconds(kMaxTimeSpan).count();
  if (!due || !rest || *due > kMost || *due < -kMost || *rest < 0) return {};
  return DelayNote{.due = Time(std::chrono::milliseconds(*due)),
                   .rest = std::min(std::chrono::seconds(*rest), kMaxTimeSpan)};
}

std::vector<MessageAttribute> attributesOfOthers(std::vector<MessageAttribute> attributes) {
  std::erase_if(attributes, [](const MessageAttribute& attribute) { return attribute.name == kName; });
  return attributes;
}

}  // namespace leptir::sqs
