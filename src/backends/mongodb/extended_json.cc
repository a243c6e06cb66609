#include "backends/mongodb/extended_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

#include "backends/mongodb/bson_to_json.h"
#include "task/json_text.h"

namespace leptir::mongodb {
namespace {

void appendBase64(std::span<const std::uint8_t> bytes, std::string& text) {
  constexpr char kBase64Digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto part = bytes.subspan(i, std::min<std::size_t>(3, bytes.size() - i));
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < part.size() ? part[k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= part.size() ? kBase64Digits[bits >> (18 - 6 * k) & 63] : '=';
  }
}

void appendBinary(const bson_iter_t& at, std::string& text) {
  bson_subtype_t type = BSON_SUBTYPE_BINARY;
  std::uint32_t bytes = 0;
  const std::uint8_t* data = nullptr;
  bson_iter_binary(&at, &type, &bytes, &data);
  text += R"({"$binary":{"base64":")";
  appendBase64(std::span(data, bytes), text);
  text += fmt::format(R"(","subType":"{:02x}"}}}})", static_cast<unsigned>(type));
}

// Only the years 1970 to 9999 have a readable form.
void appendDate(std::int64_t milliseconds, std::string& text) {
  constexpr std::int64_t kYear10000 = 253'402'300'800'000;
  if (milliseconds < 0 || milliseconds >= kYear10000) {
    text += fmt::format(R"({{"$date":{{"$numberLong":"{}"}}}})", milliseconds);
    return;
  }
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(milliseconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  text += fmt::format(R"({{"$date":"{:04}-{:02}-{:02}T{:02}:{:02}:{:02})", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                      clock.minutes().count(), clock.seconds().count());
  if (const auto rest = clock.subseconds().count(); rest != 0) text += fmt::format(".{:03}", rest);
  text += R"(Z"})";
}

void appendDouble(double number, std::string& text) {
  const std::string_view name = std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  text += fmt::format(R"({{"$numberDouble":"{}"}})", name);
}

void appendDecimal(const bson_iter_t& at, std::string& text) {
  bson_decimal128_t number;
  char digits[BSON_DECIMAL128_STRING];
  bson_iter_decimal128(&at, &number);
  bson_decimal128_to_string(&number, digits);
  text += fmt::format(R"({{"$numberDecimal":"{}"}})", digits);
}

void appendObjectId(const bson_oid_t& id, std::string& text) {
  char digits[25];
  bson_oid_to_string(&id, digits);
  text += fmt::format(R"({{"$oid":"{}"}})", digits);
}

void appendRegularExpression(const bson_iter_t& at, std::string& text) {
  const char* options = nullptr;
  const char* pattern = bson_iter_regex(&at, &options);
  text += R"({"$regularExpression":{"pattern":)";
  task::appendPhpJsonString(pattern, text);
  text += R"(,"options":)";
  task::appendPhpJsonString(options, text);
  text += "}}";
}

void appendDbPointer(const bson_iter_t& at, std::string& text) {
  std::uint32_t bytes = 0;
  const char* collection = nullptr;
  const bson_oid_t* id = nullptr;
  bson_iter_dbpointer(&at, &bytes, &collection, &id);
  text += R"({"$dbPointer":{"$ref":)";
  task::appendPhpJsonString({collection, bytes}, text);
  text += R"(,"$id":)";
  appendObjectId(*id, text);
  text += "}}";
}

void appendTimestamp(const bson_iter_t& at, std::string& text) {
  std::uint32_t seconds = 0, increment = 0;
  bson_iter_timestamp(&at, &seconds, &increment);
  text += fmt::format(R"({{"$timestamp":{{"t":{},"i":{}}}}})", seconds, increment);
}

void appendSingleKeyObject(std::string_view name, std::string_view value, std::string& text) {
  text += fmt::format(R"({{"{}":)", name);
  task::appendPhpJsonString(value, text);
  text += '}';
}

void appendCode(const bson_iter_t& at, std::string& text) {
  std::uint32_t bytes = 0;
  const char* code = bson_iter_code(&at, &bytes);
  appendSingleKeyObject("$code", {code, bytes}, text);
}

void appendSymbol(const bson_iter_t& at, std::string& text) {
  std::uint32_t bytes = 0;
  const char* symbol = bson_iter_symbol(&at, &bytes);
  appendSingleKeyObject("$symbol", {symbol, bytes}, text);
}

void appendCodeWithScope(const bson_iter_t& at, std::string& text, int depth) {
  std::uint32_t bytes = 0, scopeBytes = 0;
  const std::uint8_t* scope = nullptr;
  const char* code = bson_iter_codewscope(&at, &bytes, &scopeBytes, &scope);
  appendSingleKeyObject("$code", {code, bytes}, text);
  text.back() = ',';
  text += R"("$scope":)";
  appendJson(DocumentView(std::span(scope, scopeBytes)), text, depth + 1);
  text += '}';
}

// Spares the parser the objects that are no such value, which may be large.
bool beginsAsExtended(std::string_view json) {
  constexpr std::string_view kNames[] = {"$date",   "$oid",       "$binary",   "$numberDecimal", "$numberDouble",
                                         "$code",   "$timestamp", "$minKey",   "$maxKey",        "$regularExpression",
                                         "$symbol", "$dbPointer", "$undefined"};
  if (!json.starts_with(R"({")")) return false;
  const auto name = json.substr(2, json.find('"', 2) - 2);
  return std::ranges::find(kNames, name) != std::end(kNames);
}

}  // namespace

void appendExtendedJson(const ValueView& value, std::string& text, int depth) {
  const auto& at = value.iterator();
  switch (value.type()) {
    case BSON_TYPE_DOUBLE:
      return appendDouble(bson_iter_double(&at), text);
    case BSON_TYPE_BINARY:
      return appendBinary(at, text);
    case BSON_TYPE_OID:
      return appendObjectId(*bson_iter_oid(&at), text);
    case BSON_TYPE_DATE_TIME:
      return appendDate(bson_iter_date_time(&at), text);
    case BSON_TYPE_REGEX:
      return appendRegularExpression(at, text);
    case BSON_TYPE_DBPOINTER:
      return appendDbPointer(at, text);
    case BSON_TYPE_CODE:
      return appendCode(at, text);
    case BSON_TYPE_SYMBOL:
      return appendSymbol(at, text);
    case BSON_TYPE_CODEWSCOPE:
      return appendCodeWithScope(at, text, depth);
    case BSON_TYPE_TIMESTAMP:
      return appendTimestamp(at, text);
    case BSON_TYPE_DECIMAL128:
      return appendDecimal(at, text);
    case BSON_TYPE_MAXKEY:
      return void(text += R"({"$maxKey":1})");
    case BSON_TYPE_MINKEY:
      return void(text += R"({"$minKey":1})");
    default:
      return void(text += R"({"$undefined":true})");
  }
}

bool appendExtendedValue(bson_t* to, std::string_view key, std::string_view json) {
  if (!beginsAsExtended(json)) return false;
  const auto holder = fmt::format(R"({{"v":{}}})", json);
  bson_error_t error;
  bson_t* parsed = bson_new_from_json(reinterpret_cast<const std::uint8_t*>(holder.data()),
                                      static_cast<ssize_t>(holder.size()), &error);
  if (!parsed) return false;
  const auto value = DocumentView(parsed).find("v");
  std::string written;
  if (value && value->type() != BSON_TYPE_DOCUMENT) appendJson(*value, written, 0);
  const bool isExact = written == json;
  if (isExact) bson_append_iter(to, key.data(), static_cast<int>(key.size()), &value->iterator());
  bson_destroy(parsed);
  return isExact;
}

}  // namespace leptir::mongodb
