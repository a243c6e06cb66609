#include "leptir/json.h"

#include <cmath>
#include <stdexcept>

namespace leptir {
namespace {

// Counts brackets outside of strings, without a parser, because a parser would recurse into deeply nested hostile text.
bool textNestsDeeperThan(std::string_view text, int maxDepth) {
  int depth = 0;
  bool inString = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inString) {
      if (c == '\\') ++i;
      if (c == '"') inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > maxDepth) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// A message of nlohmann's library without the "[json.exception.parse_error.101] " at its beginning.
std::string withoutPrefix(std::string_view message) {
  const auto end = message.find("] ");
  return std::string(end == std::string_view::npos ? message : message.substr(end + 2));
}

// Why `json` cannot be written as JSON text; null: it can.
template <class AnyJson>
const char* whyUnwritable(const AnyJson& json, int maxDepth) {
  if (json.is_number_float() && !std::isfinite(json.template get<double>())) return "a number is NaN or infinite";
  if (json.is_structured() && maxDepth == 0) return "nests too deep";
  if (!json.is_structured()) return nullptr;
  for (const auto& element : json) {
    if (const auto* why = whyUnwritable(element, maxDepth - 1)) return why;
  }
  return nullptr;
}

template <class AnyJson>
Result<std::string> writeExactly(const AnyJson& json, int maxDepth) {
  if (const auto* why = whyUnwritable(json, maxDepth)) return Error(ErrorCode::Invalid, why);
  try {
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::strict);
  } catch (const nlohmann::json::exception&) {
    return Error(ErrorCode::Invalid, "text that is not UTF-8");
  }
}

}  // namespace

Result<Json> parseJson(std::string_view text, int maxDepth) {
  if (textNestsDeeperThan(text, maxDepth)) {
    return Error(ErrorCode::Invalid, "JSON nests deeper than " + std::to_string(maxDepth) + " levels");
  }
  // nlohmann would treat a NUL byte as the end of the text and ignore everything after it.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return Error(ErrorCode::Invalid, "a NUL byte at byte " + std::to_string(nul));
  }
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    return Error(ErrorCode::Invalid, withoutPrefix(error.what()));
  }
}

bool nestsDeeperThan(const Json& json, int maxDepth) {
  if (!json.is_structured()) return false;
  if (maxDepth == 0) return true;
  for (const auto& element : json) {
    if (nestsDeeperThan(element, maxDepth - 1)) return true;
  }
  return false;
}

std::string writeJson(const Json& json) {
  return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

Result<std::string> writeJsonExactly(const Json& json, int maxDepth) {
  return writeExactly(json, maxDepth);
}

Result<std::string> writeJsonExactly(const nlohmann::ordered_json& json, int maxDepth) {
  return writeExactly(json, maxDepth);
}

}  // namespace leptir
