#include "backends/mongodb/list_position.h"

#include <algorithm>
#include <charconv>

#include "backends/mongodb/id_order.h"

namespace leptir::mongodb {
namespace {

constexpr std::string_view kPartLetters = "wlb";

// The part up to the next colon, which is taken off `text`; nothing: there is no more.
std::optional<std::string_view> takePart(std::string_view& text) {
  if (text.empty()) return {};
  const auto colon = std::min(text.find(':'), text.size());
  const auto part = text.substr(0, colon);
  text.remove_prefix(std::min(colon + 1, text.size()));
  return part;
}

}  // namespace

std::string textOf(const ListPosition& position) {
  std::string text(1, kPartLetters[static_cast<std::size_t>(position.part)]);
  if (position.key) text.append(":").append(std::to_string(*position.key));
  for (const auto& id : position.ids) text.append(":").append(hexOfId(id));
  return text;
}

std::optional<ListPosition> listPositionIn(std::string_view cursor) {
  if (cursor.empty()) return ListPosition();
  const auto part = takePart(cursor).value_or("");
  const auto number = part.size() == 1 ? kPartLetters.find(part) : std::string_view::npos;
  if (number == std::string_view::npos) return {};
  ListPosition position{.part = static_cast<broker::QueuePart>(number)};
  if (const auto key = takePart(cursor)) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(key->data(), key->data() + key->size(), value);
    if (error != std::errc() || end != key->data() + key->size()) return {};
    position.key = value;
  }
  while (const auto text = takePart(cursor)) {
    auto id = idOfHex(*text);
    if (!id) return {};
    position.ids.push_back(std::move(*id));
  }
  if (position.key.has_value() == position.ids.empty()) return {};
  return position;
}

}  // namespace leptir::mongodb
