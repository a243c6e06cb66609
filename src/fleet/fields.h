// Reads the members of a text of a FleetStore. Any program that reaches the store can write such a text, so a reader
// returns none for a member that is missing, of another type or out of its range, and text that a terminal or a log
// can show: escaped, and cut where it is too long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "leptir/clock.h"
#include "leptir/json.h"

namespace leptir::fleet {

inline constexpr std::size_t kMaxShortTextBytes = 255;  // hosts, users, names
inline constexpr std::size_t kMaxLongTextBytes = 1024;  // paths, filters, messages

// The object in a value; none: it is longer than kMaxFleetValueBytes, or no JSON object.
std::optional<Json> objectIn(std::string_view value);

// The member `key` of an object.
std::optional<std::string> textAt(const Json& object, const char* key, std::size_t mostBytes = kMaxShortTextBytes);
std::optional<std::uint64_t> countAt(const Json& object, const char* key);
std::optional<int> numberAt(const Json& object, const char* key, int least, int most);
std::optional<bool> flagAt(const Json& object, const char* key);
std::optional<Time> timeAt(const Json& object, const char* key);

// A text as a writer stores it: valid UTF-8 of at most `mostBytes`.
Json shortened(std::string_view text, std::size_t mostBytes = kMaxShortTextBytes);

// Whether a text is the name of an instance: 32 lower-case hex digits.
bool isInstanceName(std::string_view text);

}  // namespace leptir::fleet
