#include "task/json_reader.h"

#include "task/json_mistake.h"
#include "task/json_text.h"

#include <fmt/format.h>

#include <cstring>

namespace leptir {
namespace {

using simdjson::error_code;
using simdjson::ondemand::json_type;

// A parser needs about six times its document; what is kept for the next one stays below this.
constexpr std::size_t kKeptBytes = std::size_t{256} << 10;

// Newer versions of simdjson skip it; PHP's json_decode refuses it, and so do we.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

std::string_view withoutBlanks(std::string_view token) {
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
  makeRoom(text.size());
  std::memcpy(bytes_.get(), text.data(), text.size());
  return begin(text.size());
}

error_code JsonReader::begin(std::size_t size) {
  document_ = {};
  std::memset(bytes_.get() + size, 0, simdjson::SIMDJSON_PADDING);
  hasEscapes_ = std::memchr(bytes_.get(), '\\', size) != nullptr;
  return parser_->iterate(bytes_.get(), size, room_ + simdjson::SIMDJSON_PADDING).get(document_);
}

error_code JsonReader::checkOne(std::string_view text, int maxDepth) {
  makeRoom(text.size() + 2);
  bytes_[0] = '[';
  std::memcpy(bytes_.get() + 1, text.data(), text.size());
  bytes_[text.size() + 1] = ']';
  if (const auto error = begin(text.size() + 2)) return error;
  simdjson::ondemand::array list;
  if (const auto error = document_.get_array().get(list)) return error;
  std::size_t values = 0;
  for (auto element : list) {
    if (element.error()) return element.error();
    if (const auto error = check(element.value_unsafe(), 1, maxDepth + 1)) return error;
    if (++values > 1) return simdjson::TRAILING_CONTENT;
  }
  return values == 0 ? simdjson::EMPTY : finish();
}

void JsonReader::makeRoom(std::size_t bytes) {
  const bool tooLarge = room_ > kKeptBytes && bytes <= kKeptBytes;
  if (tooLarge) *this = JsonReader();
  if (bytes <= room_ && bytes_) return;
  room_ = std::max<std::size_t>(4096, bytes);
  bytes_ = std::make_unique_for_overwrite<char[]>(room_ + simdjson::SIMDJSON_PADDING);
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
      return readNumber(withoutBlanks(value.raw_json_token()), item);
    case json_type::boolean:
      return readBoolean(withoutBlanks(value.raw_json_token()), item);
    case json_type::null:
      return readNull(withoutBlanks(value.raw_json_token()), item);
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
  // Taken in either case: a text that is left behind is skipped too freely, a colon after it and all.
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

error_code JsonReader::finish() {
  // The end of the document is where there is no location any more.
  return document_.current_location().error() ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
}

std::string describeJsonError(error_code error, std::string_view text, int maxDepth) {
  if (error == simdjson::DEPTH_ERROR) return fmt::format("JSON nests deeper than {} levels", maxDepth);
  if (error == simdjson::EMPTY) return "it is empty";
  if (text.starts_with(kByteOrderMark)) return "it begins with a byte order mark, which JSON does not permit";
  const auto mistake = findJsonMistake(text);
  return mistake.empty() ? std::string("it is no JSON object") : "not JSON at " + mistake;
}

Result<void> checkJson(std::string_view text, int maxDepth) {
  auto& reader = JsonReader::ofThisThread();
  if (const auto error = reader.checkOne(text, maxDepth))
    return Error(ErrorCode::Invalid, describeJsonError(error, text, maxDepth));
  return {};
}

}  // namespace leptir
