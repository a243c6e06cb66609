// Reads one value of a configuration as the type that its key has. Each function answers nullopt after it has added an
// error. Messages never show values, which may be secrets; `what` names the value in them: "'port' of broker 'redis'".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/errors.h"
#include "config/node.h"
#include "leptir/clock.h"
#include "leptir/json.h"

namespace leptir::config {

std::optional<std::string> readText(const Node& node, std::string_view what, ConfigErrors& errors);
// The name of something: a text of 1 to 255 bytes without control characters.
std::optional<std::string> readName(const Node& node, std::string_view what, ConfigErrors& errors);
// Numbers and booleans are taken as they are written. Braces in values of variables are doubled, so that they do not
// stand for parameters.
std::optional<std::string> readArgument(const Node& node, std::string_view what, ConfigErrors& errors);
// As readArgument, but braces are kept.
std::optional<std::string> readScalarAsText(const Node& node, std::string_view what, ConfigErrors& errors);
std::optional<std::int64_t> readInteger(const Node& node, std::string_view what, ConfigErrors& errors);
std::optional<std::int64_t> readIntegerInRange(std::int64_t lowest, std::int64_t highest, const Node& node,
                                               std::string_view what, ConfigErrors& errors);
std::optional<double> readNumber(const Node& node, std::string_view what, ConfigErrors& errors);
std::optional<bool> readBoolean(const Node& node, std::string_view what, ConfigErrors& errors);
// Bytes: a whole number, or one with K, M, G or T (powers of 1024) behind it.
std::optional<std::uint64_t> readBytes(const Node& node, std::string_view what, ConfigErrors& errors);

// Seconds with fractions, from 0 to 100 years.
std::optional<Duration> readSeconds(const Node& node, std::string_view what, ConfigErrors& errors);
// A value of any kind, with all that a map or list holds.
std::optional<Json> readJson(const Node& node, std::string_view what, ConfigErrors& errors);

// "a list", "a map", "a text", "a number", …
std::string_view describe(const Node& node);

}  // namespace leptir::config
