#include "task/json_reader.h"

#include "task/json_syntax_error.h"
#include "task/json_text.h"

#include <fmt/format.h>

#include <cstring>

namespace leptir::task {
namespace {

using simdjson::error_code;
using simdjson::ondemand::json_type;

// The largest document size for which a thread keeps its buffers; a parser needs about six times this memory.
constexpr std::size_t kMaxRetainedBytes = std::size_t{256} << 10;

// PHP's json_decode rejects it and so does leptir, although newer versions of simdjson skip it.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view withoutTrailingBlanks(std::string_view token) {
  const auto last = token.find_last_not_of(" \t\n\r");
  return token.substr(0, last + 1);
}

error_code readBoolean(std::string_view token, JsonItem& item) {
  if (token != "true" && token != "false") return simdjson::T_ATOM_ERROR;
  item.kind = token == "true" ? JsonItem::Kind::True : JsonItem::Kind::False;
  return simdjson::SUCCESS;
}

error_code readNull(std::string_view token, JsonItem& item) {
  if (token != "null") return simdjson::N_ATOM_ERROR;
  item.kind = JsonItem::Kind::Null;
  return simdjson::SUCCESS;
}

error_code readNumber(std::string_view token, JsonItem& item) {
  if (!isJsonNumber(token)) return simdjson::NUMBER_ERROR;
  item.kind = JsonItem::Kind::Number;
  item.text = token;
  return simdjson::SUCCESS;
}

}  // namespace

JsonReader& JsonReader::ofThisThread() {
  thread_local JsonReader reader;
  return reader;
}

error_code JsonReader::open(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) return simdjson::INCORRECT_TYPE;
  reserveBuffer(text.size());
  std::memcpy(buffer_.get(), text.data(), text.size());
  return begin(text.size());
}

error_code JsonReader::begin(std::size_t size) {
  document_ = {};
  std::memset(buffer_.get() + size, 0, simdjson::SIMDJSON_PADDING);
  hasEscapes_ = std::memchr(buffer_.get(), '\\', size) != nullptr;
  return parser_->iterate(buffer_.get(), size, bufferSize_ + simdjson::SIMDJSON_PADDING).get(document_);
}

error_code JsonReader::checkDocument(std::string_view text, int maxDepth) {
  reserveBuffer(text.size() + 2);
  buffer_[0] = '[';
  std::memcpy(buffer_.get() + 1, text.data(), text.size());
  buffer_[text.size() + 1] = ']';
  if (const auto error = begin(text.size() + 2)) return error;
  simdjson::ondemand::array list;
  if (const auto error = document_.get_array().get(list)) return error;
  std::size_t values = 0;
  for (auto element : list) {
    if (element.error()) return element.error();
    if (const auto error = check(element.value_unsafe(), 1, maxDepth + 1)) return error;
    if (++values > 1) return simdjson::TRAILING_CONTENT;
  }
  return values == 0 ? simdjson::EMPTY : expectEnd();
}

void JsonReader::reserveBuffer(std::size_t bytes) {
  const bool tooLarge = bufferSize_ > kMaxRetainedBytes && bytes <= kMaxRetainedBytes;
  if (tooLarge) *this = JsonReader();
  if (bytes <= bufferSize_ && buffer_) return;
  bufferSize_ = std::max<std::size_t>(4096, bytes);
  buffer_ = std::make_unique_for_overwrite<char[]>(bufferSize_ + simdjson::SIMDJSON_PADDING);
}

error_code JsonReader::read(Value& value, int depth, JsonItem& item, int maxDepth) {
  json_type type;
  if (const auto error = value.type().get(type)) return error;
  switch (type) {
    case json_type::object:
      return readObject(value, depth, item, maxDepth);
    case json_type::array:
      return readList(value, depth, item, maxDepth);
    case json_type::string:
      item.kind = JsonItem::Kind::Text;
      return value.get_string().get(item.text);
    case json_type::number:
      return readNumber(withoutTrailingBlanks(value.raw_json_token()), item);
    case json_type::boolean:
      return readBoolean(withoutTrailingBlanks(value.raw_json_token()), item);
    case json_type::null:
      return readNull(withoutTrailingBlanks(value.raw_json_token()), item);
  }
  return simdjson::TAPE_ERROR;
}

error_code JsonReader::check(Value& value, int depth, int maxDepth) {
  json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type == json_type::string) return checkText(value);
  JsonItem ignored;
  return read(value, depth, ignored, maxDepth);
}

error_code JsonReader::checkText(Value& value) const {
  // Reads the string in either case: simdjson skips an unread string without checking what follows it, such as a colon.
  return hasEscapes_ ? value.get_string().error() : value.get_raw_json_string().error();
}

error_code JsonReader::readList(Value& value, int depth, JsonItem& item, int maxDepth) {
  if (depth >= maxDepth) return simdjson::DEPTH_ERROR;
  item = {JsonItem::Kind::List, true, {}};
  simdjson::ondemand::array list;
  if (const auto error = value.get_array().get(list)) return error;
  for (auto element : list) {
    if (element.error()) return element.error();
    if (const auto error = check(element.value_unsafe(), depth + 1, maxDepth)) return error;
    item.empty = false;
  }
  return simdjson::SUCCESS;
}

error_code JsonReader::readObject(Value& value, int depth, JsonItem& item, int maxDepth) {
  if (depth >= maxDepth) return simdjson::DEPTH_ERROR;
  item = {JsonItem::Kind::Object, true, {}};
  Object object;
  if (const auto error = value.get_object().get(object)) return error;
  for (auto entry : object) {
    std::string_view key;
    if (const auto error = hasEscapes_ ? keyOf(entry, key) : entry.error()) return error;
    if (const auto error = check(valueOf(entry), depth + 1, maxDepth)) return error;
    item.empty = false;
  }
  return simdjson::SUCCESS;
}

error_code JsonReader::expectEnd() {
  // current_location fails exactly at the end of the document.
  return document_.current_location().error() ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

std::string describeJsonError(error_code error, std::string_view text, int maxDepth) {
  if (error == simdjson::DEPTH_ERROR) return fmt::format("JSON nests deeper than {} levels", maxDepth);
  if (error == simdjson::EMPTY) return "it is empty";
  if (text.starts_with(kByteOrderMark)) return "it begins with a byte order mark, which JSON does not permit";
  const auto mistake = findJsonSyntaxError(text);
  return mistake.empty() ? std::string("it is no JSON object") : "not JSON at " + mistake;
}

Result<void> checkJson(std::string_view text, int maxDepth) {
  auto& reader = JsonReader::ofThisThread();
  if (const auto error = reader.checkDocument(text, maxDepth))
    return Error(ErrorCode::Invalid, describeJsonError(error, text, maxDepth));
  return {};
}

}  // namespace leptir::task
