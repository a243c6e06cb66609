#include "backends/redis/redis_list_cursor.h"

#include <array>
#include <charconv>

#include "base/hex_bytes.h"

namespace leptir::redis {
namespace {

std::optional<std::uint64_t> numberIn(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// The part up to the next colon, which is taken off `text`; nothing: there is no colon.
std::optional<std::string_view> takePart(std::string_view& text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return {};
  const auto part = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  return part;
}

std::optional<MemberPosition> memberPositionIn(std::string_view text) {
  const auto score = takePart(text);
  const auto skip = takePart(text);
  if (!score || !skip || (!score->empty() && !isScore(*score))) return {};
  const auto number = numberIn(*skip);
  auto beginning = base::bytesOfHex(text);
  if (!number || !beginning) return {};
  return MemberPosition{std::string(*score), std::move(*beginning), *number};
}

std::optional<ListCursor> leasedCursorIn(std::string_view text) {
  const auto lease = takePart(text);
  const auto number = lease ? numberIn(*lease) : std::nullopt;
  auto session = base::bytesOfHex(text);
  if (!number || !session) return {};
  return ListCursor{.part = ListCursor::Part::Leased, .session = std::move(*session), .lease = *number};
}

constexpr std::array<std::string_view, 3> kParts{"w", "l", "b"};

}  // namespace

bool isScore(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error != std::errc::invalid_argument && end == text.data() + text.size() && number == number;
}

std::string textOf(const ListCursor& cursor) {
  std::string text(kParts[static_cast<std::size_t>(cursor.part)]);
  if (cursor.part == ListCursor::Part::Leased)
    return text.append(":").append(std::to_string(cursor.lease)).append(":").append(base::hexOf(cursor.session));
  const auto& member = cursor.member;
  text.append(":").append(member.score).append(":").append(std::to_string(member.skip));
  return text.append(":").append(base::hexOf(member.beginning));
}

std::optional<ListCursor> listCursorIn(std::string_view text) {
  if (text.empty()) return ListCursor();
  const auto part = takePart(text);
  if (part == kParts[1]) return leasedCursorIn(text);
  if (part != kParts[0] && part != kParts[2]) return {};
  auto member = memberPositionIn(text);
  if (!member) return {};
  return ListCursor{.part = part == kParts[0] ? ListCursor::Part::Waiting : ListCursor::Part::Buried,
                    .member = std::move(*member)};
}

}  // namespace leptir::redis
