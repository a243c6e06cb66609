// The JSON type of the public interface. Hot paths inside leptir work on text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

using Json = nlohmann::json;

// An envelope or a record nests at most this deep: PHP's limit (`json_decode` refuses 512 levels).
inline constexpr int kMaxJsonDepth = 511;

// Parses one document and nothing after it. Invalid: not JSON (says what and at which byte), invalid UTF-8, or deeper
// than `maxDepth`. Never throws and never runs out of stack, whatever the text is.
Result<Json> parseJson(std::string_view text, int maxDepth = kMaxJsonDepth);

// Whether there are more than `maxDepth` levels of lists and objects in each other. What writes or copies a value
// recurses as deep as it nests, so ask first where a task may have made it.
bool nestsDeeperThan(const Json& json, int maxDepth);

// Compact text, ASCII only as PHP writes it (`\uxxxx` for the rest). Invalid UTF-8 inside becomes U+FFFD; floats keep
// their `.0`.
std::string writeJson(const Json& json);

// The same text, if reading it would give `json` back. Invalid: text that is not UTF-8, NaN or infinity, deeper than
// `maxDepth`.
Result<std::string> writeJsonExactly(const Json& json, int maxDepth = kMaxJsonDepth);

}  // namespace leptir
