// Random JSON texts and BSON documents for tests. Equal seeds make equal values.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "backends/mongodb/bson.h"

namespace leptir::mongodb {

class RandomDocuments {
 public:
  explicit RandomDocuments(std::uint32_t seed) : random_(seed) {}

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  // A valid JSON object that MongoDB stores, written in any way that JSON permits.
  std::string jsonObject(int depth = 0) {
    std::string text = "{" + blanks();
    for (auto members = below(4); members > 0; --members) {
      text += jsonString() + blanks() + ":" + blanks() + jsonValue(depth + 1) + blanks();
      if (members > 1) text += "," + blanks();
    }
    return text + "}";
  }

  // A document of any shape, with every type of BSON, and texts and names of any bytes.
  Document document(int depth = 0) {
    Document document;
    for (auto members = below(5); members > 0; --members) addValue(document.mutableBson(), name(), depth);
    return document;
  }

  Document list(int depth) {
    Document list;
    const auto members = below(5);
    for (std::uint32_t i = 0; i < members; ++i) addValue(list.mutableBson(), std::to_string(i), depth);
    return list;
  }

  std::string bytes(std::uint32_t most) {
    std::string text;
    for (auto left = below(most + 1); left > 0; --left) text += static_cast<char>(random_());
    return text;
  }

 private:
  template <std::size_t kCount>
  std::string oneOf(const char* const (&choices)[kCount]) {
    return choices[below(kCount)];
  }

  std::string blanks() { return oneOf({"", "", "", "", " ", "\n\t", "\r "}); }

  std::string jsonString() {
    std::string text = "\"";
    for (auto parts = below(3); parts > 0; --parts) {
      text +=
          oneOf({"a", "sec", "\\/", "/", "\\u0041", "č", "\\u010d", "🦋", "\\ud83e\\udd8b", "\\n", "\\\"", ".", "x$"});
    }
    return text + "\"";
  }

  std::string jsonValue(int depth) {
    const auto kind = below(depth < 5 ? 7 : 4);
    if (kind == 0) return oneOf({"null", "true", "false"});
    if (kind == 1) return jsonString();
    if (kind < 4) return jsonNumber();
    if (kind < 6) return jsonObject(depth);
    std::string text = "[" + blanks();
    for (auto members = below(4); members > 0; --members) {
      text += jsonValue(depth + 1);
      if (members > 1) text += "," + blanks();
    }
    return text + blanks() + "]";
  }

  std::string jsonNumber() {
    if (below(2) == 0) return std::to_string(static_cast<std::int64_t>(random_()) >> below(64));
    return oneOf({"0", "-0", "0.1", "10.0", "1e3", "1E+2", "1.50", "1.0e-5", "9223372036854775808", "1e999", "-1e-999",
                  "123456789012345678901234567890", "0.000000000000000000001"});
  }

  std::string name() { return below(4) == 0 ? withoutNul(bytes(6)) : oneOf({"cn", "td", "toex", "a", "$b", "", "ts"}); }

  static std::string withoutNul(std::string text) {
    std::erase(text, '\0');
    return text;
  }

  void addValue(bson_t* to, const std::string& key, int depth);

  std::mt19937_64 random_;
};

inline void RandomDocuments::addValue(bson_t* to, const std::string& key, int depth) {
  const auto* name = key.data();
  const int length = static_cast<int>(key.size());
  const auto text = bytes(12);
  const auto textBytes = static_cast<int>(text.size());
  const auto plain = withoutNul(text);
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto number = static_cast<std::int64_t>(random_()) >> below(64);
  bson_oid_t id;
  bson_oid_init_from_data(&id, reinterpret_cast<const std::uint8_t*>("twelve bytes"));
  const bson_decimal128_t decimal{.low = random_(), .high = random_()};
  switch (below(depth < 5 ? 22 : 19)) {
    case 0:
      return void(bson_append_utf8(to, name, length, text.data(), textBytes));
    case 1:
      return void(bson_append_int32(to, name, length, static_cast<std::int32_t>(number)));
    case 2:
      return void(bson_append_int64(to, name, length, number));
    case 3:
      return void(bson_append_double(to, name, length, static_cast<double>(number) / 8));
    case 4:
      return void(bson_append_double(to, name, length, std::numeric_limits<double>::infinity()));
    case 5:
      return void(bson_append_double(to, name, length, std::numeric_limits<double>::quiet_NaN()));
    case 6:
      return void(bson_append_bool(to, name, length, number % 2 == 0));
    case 7:
      return void(bson_append_null(to, name, length));
    case 8:
      return void(bson_append_undefined(to, name, length));
    case 9:
      return void(bson_append_binary(to, name, length, static_cast<bson_subtype_t>(below(8) == 2 ? 0 : below(256)),
                                     data, static_cast<std::uint32_t>(textBytes)));
    case 10:
      return void(bson_append_oid(to, name, length, &id));
    case 11:
      return void(bson_append_date_time(to, name, length, number));
    case 12:
      return void(bson_append_regex(to, name, length, plain.c_str(), "im"));
    case 13:
      return void(bson_append_dbpointer(to, name, length, plain.c_str(), &id));
    case 14:
      return void(bson_append_code(to, name, length, plain.c_str()));
    case 15:
      return void(bson_append_symbol(to, name, length, text.data(), textBytes));
    case 16:
      return void(bson_append_timestamp(to, name, length, below(1'000'000), below(100)));
    case 17:
      return void(bson_append_decimal128(to, name, length, &decimal));
    case 18:
      return void(below(2) == 0 ? bson_append_minkey(to, name, length) : bson_append_maxkey(to, name, length));
    case 19:
      return void(bson_append_code_with_scope(to, name, length, plain.c_str(), document(depth + 1).get()));
    case 20:
      return void(bson_append_array(to, name, length, list(depth + 1).get()));
    default:
      return void(bson_append_document(to, name, length, document(depth + 1).get()));
  }
}

}  // namespace leptir::mongodb
