// One value of a configuration as the type that its key wants. Each answers none after it has added the mistake. Values
// are never shown in messages: they may be secrets. `what` names the value there: "'port' of broker 'redis'".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/mistakes.h"
#include "config/node.h"
#include "leptir/clock.h"
#include "leptir/json.h"

namespace leptir {

std::optional<std::string> readText(const Node& node, std::string_view what, Mistakes& mistakes);
// Text that holds something, at most 255 bytes of it, and no control characters: what names a thing.
std::optional<std::string> readName(const Node& node, std::string_view what, Mistakes& mistakes);
// Numbers, true and false are taken as they are written. Braces from outside are doubled.
std::optional<std::string> readArgument(const Node& node, std::string_view what, Mistakes& mistakes);
// As an argument, braces kept.
std::optional<std::string> readPlainWord(const Node& node, std::string_view what, Mistakes& mistakes);
std::optional<std::int64_t> readInteger(const Node& node, std::string_view what, Mistakes& mistakes);
std::optional<std::int64_t> readIntegerFrom(std::int64_t lowest, std::int64_t highest, const Node& node,
                                            std::string_view what, Mistakes& mistakes);
std::optional<double> readNumber(const Node& node, std::string_view what, Mistakes& mistakes);
std::optional<bool> readBoolean(const Node& node, std::string_view what, Mistakes& mistakes);
// Seconds with fractions, from 0 to 100 years.
// Bytes: a whole number, or one with K, M, G or T (of 1024) behind it.
std::optional<std::uint64_t> readBytes(const Node& node, std::string_view what, Mistakes& mistakes);

std::optional<Duration> readSeconds(const Node& node, std::string_view what, Mistakes& mistakes);
// Whatever stands there; a map or list as a whole.
std::optional<Json> readJson(const Node& node, std::string_view what, Mistakes& mistakes);

// "a list", "a map", "a text", "a number", …
std::string_view describe(const Node& node);

}  // namespace leptir
