// The JSON type of the public interface, and how leptir reads and writes it. Inside leptir, code that runs for each
// task works on JSON text instead.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "leptir/result.h"

namespace leptir {

using Json = nlohmann::json;

// The largest nesting depth of an envelope or a record: PHP's limit (`json_decode` rejects 512 levels).
inline constexpr int kMaxJsonDepth = 511;

// Parses a text that is one JSON document. Invalid: the text is no JSON (the message says why and at which byte), has
// text after the document, is not UTF-8, or nests deeper than `maxDepth`. For any text, it neither throws nor overflows
// the stack.
Result<Json> parseJson(std::string_view text, int maxDepth = kMaxJsonDepth);

// Whether lists and objects nest more than `maxDepth` levels deep. Writing or copying a Json recurses once for each
// level, so call this first for a value that a task made.
bool nestsDeeperThan(const Json& json, int maxDepth);

// Writes compact JSON in ASCII, with `\uxxxx` for other characters, as PHP does. Bytes that are not UTF-8 become
// U+FFFD; a float with a whole value keeps its `.0`.
std::string writeJson(const Json& json);

// As writeJson, if parsing the text would give `json` back. Invalid: `json` contains a string that is not UTF-8, NaN or
// infinity, or nests deeper than `maxDepth`.
Result<std::string> writeJsonExactly(const Json& json, int maxDepth = kMaxJsonDepth);
Result<std::string> writeJsonExactly(const nlohmann::ordered_json& json, int maxDepth = kMaxJsonDepth);

}  // namespace leptir
