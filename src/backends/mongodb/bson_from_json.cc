#include "backends/mongodb/bson_from_json.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <string>
#include <utility>

#include "backends/mongodb/extended_json.h"
#include "base/escape.h"
#include "task/json_reader.h"

namespace leptir::mongodb {
namespace {

using simdjson::error_code;
using task::JsonItem;
using task::JsonReader;

constexpr std::string_view kFullWidthDollar = "\xef\xbc\x84";  // U+FF04
constexpr std::string_view kSymbolForNul = "\xe2\x90\x80";     // U+2400

bool isDbRefField(std::string_view name) {
  return name == "$ref" || name == "$id" || name == "$db";
}

bool isStorable(std::string_view name) {
  return name.find('\0') == std::string_view::npos && (!name.starts_with('$') || isDbRefField(name));
}

std::string storableName(std::string_view name) {
  std::string storable;
  for (const char c : name) {
    if (c == '\0') {
      storable += kSymbolForNul;
    } else if (c == '$' && storable.empty()) {
      storable += kFullWidthDollar;
    } else {
      storable += c;
    }
  }
  return storable;
}

bool isInteger(std::string_view digits) {
  return digits.find_first_of(".eE") == std::string_view::npos && digits != "-0";
}

// Of digits that std::from_chars finds out of range, which has no other way to say in which direction.
double outOfRangeDouble(std::string_view digits) {
  const auto exponent = digits.find_first_of("eE");
  const bool isTiny = exponent == std::string_view::npos ? digits.find('.') != std::string_view::npos
                                                         : digits.substr(exponent + 1).starts_with('-');
  const double size = isTiny ? 0 : std::numeric_limits<double>::infinity();
  return digits.starts_with('-') ? -size : size;
}

double doubleOf(std::string_view digits) {
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() ? number : outOfRangeDouble(digits);
}

// Where a value goes: a document or a list that is being written, and the name there.
struct Target {
  bson_t* to;
  std::string_view name;

  int nameBytes() const { return static_cast<int>(name.size()); }
};

// Converts one text.
class Conversion {
 public:
  explicit Conversion(Unstorable unstorable) : unstorable_(unstorable) {}

  Result<DocumentFromJson> run(std::string_view json);

 private:
  error_code appendMembers(bson_t* to, JsonReader::Object& object, int depth);
  error_code appendMember(bson_t* to, std::string_view name, JsonReader::Value& value, int depth);
  error_code append(const Target& target, JsonReader::Value& value, int depth);
  error_code appendObject(const Target& target, JsonReader::Value& value, int depth);
  error_code appendList(const Target& target, JsonReader::Value& value, int depth);
  error_code appendScalar(const Target& target, JsonReader::Value& value, int depth);
  error_code appendTooDeep(const Target& target, JsonReader::Value& value);
  void appendNumber(const Target& target, std::string_view digits);
  error_code refuse(std::string why);

  Unstorable unstorable_;
  JsonReader& reader_ = JsonReader::ofThisThread();
  bool isExact_ = true;
  std::string refusal_;  // not empty: why the values were refused
};

Result<DocumentFromJson> Conversion::run(std::string_view json) {
  DocumentFromJson converted;
  JsonReader::Object members;
  auto error = reader_.open(json);
  if (!error) error = reader_.document().get_object().get(members);
  if (!error) error = appendMembers(converted.document.mutableBson(), members, 1);
  if (!error) error = reader_.expectEnd();
  if (!refusal_.empty()) return Error(ErrorCode::Invalid, std::move(refusal_));
  if (error) return Error(ErrorCode::Invalid, task::describeJsonError(error, json));
  converted.isExact = isExact_;
  return converted;
}

error_code Conversion::refuse(std::string why) {
  refusal_ = std::move(why);
  return simdjson::INCORRECT_TYPE;
}

error_code Conversion::appendMembers(bson_t* to, JsonReader::Object& object, int depth) {
  for (auto entry : object) {
    std::string_view name;
    if (const auto error = JsonReader::keyOf(entry, name)) return error;
    if (const auto error = appendMember(to, name, JsonReader::valueOf(entry), depth)) return error;
  }
  return simdjson::SUCCESS;
}

error_code Conversion::appendMember(bson_t* to, std::string_view name, JsonReader::Value& value, int depth) {
  if (isStorable(name)) return append({to, name}, value, depth);
  if (unstorable_ == Unstorable::Refuse) {
    return refuse(
        fmt::format("MongoDB does not store the name '{}': rename it, it must not begin with '$' or have "
                    "a NUL byte",
                    base::escaped(name)));
  }
  isExact_ = false;
  const auto storable = storableName(name);
  return append({to, storable}, value, depth);
}

error_code Conversion::append(const Target& target, JsonReader::Value& value, int depth) {
  simdjson::ondemand::json_type type;
  if (const auto error = value.type().get(type)) return error;
  if (type == simdjson::ondemand::json_type::object) return appendObject(target, value, depth);
  if (type == simdjson::ondemand::json_type::array) return appendList(target, value, depth);
  return appendScalar(target, value, depth);
}

error_code Conversion::appendTooDeep(const Target& target, JsonReader::Value& value) {
  if (unstorable_ == Unstorable::Refuse) {
    constexpr int kLevelsOfAnEnvelope = 2;
    return refuse(
        fmt::format("the parameters nest deeper than {} levels of objects and lists, which MongoDB does not store",
                    kMaxDocumentDepth - kLevelsOfAnEnvelope));
  }
  isExact_ = false;
  std::string_view json;
  if (const auto error = simdjson::to_json_string(value).get(json)) return error;
  bson_append_utf8(target.to, target.name.data(), target.nameBytes(), json.data(), static_cast<int>(json.size()));
  return simdjson::SUCCESS;
}

error_code Conversion::appendObject(const Target& target, JsonReader::Value& value, int depth) {
  if (depth >= kMaxDocumentDepth) return appendTooDeep(target, value);
  const bool mayBeExtended = std::string_view(value.raw_json_token().data(), 3) == R"({"$)";
  JsonReader::Object object;
  if (const auto error = value.get_object().get(object)) return error;
  if (mayBeExtended) {
    std::string_view json;
    if (const auto error = object.raw_json().get(json)) return error;
    if (appendExtendedValue(target.to, target.name, json)) return simdjson::SUCCESS;
    if (const auto error = object.reset().error()) return error;
  }
  bson_t members;
  bson_append_document_begin(target.to, target.name.data(), target.nameBytes(), &members);
  const auto error = appendMembers(&members, object, depth + 1);
  bson_append_document_end(target.to, &members);
  return error;
}

error_code Conversion::appendList(const Target& target, JsonReader::Value& value, int depth) {
  if (depth >= kMaxDocumentDepth) return appendTooDeep(target, value);
  simdjson::ondemand::array list;
  if (const auto error = value.get_array().get(list)) return error;
  bson_t members;
  bson_append_array_begin(target.to, target.name.data(), target.nameBytes(), &members);
  error_code error = simdjson::SUCCESS;
  std::uint32_t number = 0;
  for (auto element : list) {
    char buffer[16];
    const char* name = nullptr;
    const auto bytes = bson_uint32_to_string(number++, &name, buffer, sizeof(buffer));
    error = element.error();
    if (!error) error = append({&members, {name, bytes}}, element.value_unsafe(), depth + 1);
    if (error) break;
  }
  bson_append_array_end(target.to, &members);
  return error;
}

error_code Conversion::appendScalar(const Target& target, JsonReader::Value& value, int depth) {
  JsonItem item;
  if (const auto error = reader_.read(value, depth, item)) return error;
  const auto [to, name] = target;
  switch (item.kind) {
    case JsonItem::Kind::Text:
      bson_append_utf8(to, name.data(), target.nameBytes(), item.text.data(), static_cast<int>(item.text.size()));
      break;
    case JsonItem::Kind::Number:
      appendNumber(target, item.text);
      break;
    case JsonItem::Kind::Null:
      bson_append_null(to, name.data(), target.nameBytes());
      break;
    default:
      bson_append_bool(to, name.data(), target.nameBytes(), item.kind == JsonItem::Kind::True);
  }
  return simdjson::SUCCESS;
}

void Conversion::appendNumber(const Target& target, std::string_view digits) {
  std::int64_t number = 0;
  if (isInteger(digits)) {
    const auto error = std::from_chars(digits.data(), digits.data() + digits.size(), number).ec;
    if (error == std::errc()) return void(bson_append_int64(target.to, target.name.data(), target.nameBytes(), number));
    isExact_ = false;
  }
  bson_append_double(target.to, target.name.data(), target.nameBytes(), doubleOf(digits));
}

}  // namespace

Result<DocumentFromJson> documentFromJson(std::string_view object, Unstorable unstorable) {
  return Conversion(unstorable).run(object);
}

}  // namespace leptir::mongodb
