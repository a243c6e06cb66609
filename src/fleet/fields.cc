#include "fleet/fields.h"

#include <algorithm>
#include <limits>

#include "base/escape.h"
#include "base/utf8.h"
#include "leptir/spi/fleet_store.h"

namespace leptir::fleet {
namespace {

constexpr int kMaxDepth = 4;  // a card has a list of objects

// The member, or null.
const Json* memberOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

std::optional<Json> objectIn(std::string_view value) {
  if (value.size() > kMaxFleetValueBytes) return std::nullopt;
  auto json = parseJson(value, kMaxDepth);
  if (!json || !json->is_object()) return std::nullopt;
  return *std::move(json);
}

std::optional<std::string> textAt(const Json& object, const char* key, std::size_t mostBytes) {
  const auto* member = memberOf(object, key);
  if (!member || !member->is_string()) return std::nullopt;
  return base::escaped(base::utf8Prefix(member->get_ref<const std::string&>(), mostBytes));
}

std::optional<std::uint64_t> countAt(const Json& object, const char* key) {
  const auto* member = memberOf(object, key);
  if (!member || !member->is_number_unsigned()) return std::nullopt;
  return member->get<std::uint64_t>();
}

std::optional<int> numberAt(const Json& object, const char* key, int least, int most) {
  const auto* member = memberOf(object, key);
  if (!member || !member->is_number_integer()) return std::nullopt;
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (member->is_number_unsigned() && member->get<std::uint64_t>() > kLargest) return std::nullopt;
  const auto number = member->get<std::int64_t>();
  if (number < least || number > most) return std::nullopt;
  return static_cast<int>(number);
}

std::optional<bool> flagAt(const Json& object, const char* key) {
  const auto* member = memberOf(object, key);
  if (!member || !member->is_boolean()) return std::nullopt;
  return member->get<bool>();
}

std::optional<Time> timeAt(const Json& object, const char* key) {
  const auto* member = memberOf(object, key);
  if (!member || !member->is_number()) return std::nullopt;
  return timeFromUnixSeconds(member->get<double>());
}

Json shortened(std::string_view text, std::size_t mostBytes) {
  return std::string(base::utf8Prefix(text, mostBytes));
}

bool isInstanceName(std::string_view text) {
  const auto isHexDigit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return text.size() == 32 && std::ranges::all_of(text, isHexDigit);
}

}  // namespace leptir::fleet
