// Walks JSON text with simdjson and validates all of it on the way: On-Demand alone looks only at what is asked for.
#pragma once

#include "leptir/json.h"
#include "leptir/result.h"

#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

namespace leptir {

// One value as the walk saw it.
struct JsonItem {
  enum class Kind { Null, False, True, Number, Text, List, Object };
  Kind kind = Kind::Null;
  bool empty = true;      // lists and objects without a member
  std::string_view text;  // Text: unescaped; Number: its digits. Valid until the reader reads again.
};

// Holds a parser and the padded copy that simdjson needs. One thread at a time; what it answers is valid until the next
// `open`.
class JsonReader {
 public:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;

  // The reader of this thread.
  static JsonReader& ofThisThread();

  // The unescaped key of a member of an object. What simdjson hands over is looked at where it is: copies of it, made
  // of halves just written, stall the processor longer than all else takes.
  template <class Entry>
  simdjson_inline static simdjson::error_code keyOf(Entry& entry, std::string_view& key) {
    if (entry.error()) return entry.error();
    return entry.value_unsafe().unescaped_key().get(key);
  }
  template <class Entry>
  simdjson_inline static Value& valueOf(Entry& entry) {
    return entry.value_unsafe().value();
  }

  // Starts to read `text`. Memory that a rare large document needed is given back at the next.
  simdjson::error_code open(std::string_view text);
  simdjson::ondemand::document& document() { return document_; }

  // Walks through `value`, which lies inside `depth` containers, and checks every byte of it.
  simdjson::error_code read(Value& value, int depth, JsonItem& item, int maxDepth = kMaxJsonDepth);
  simdjson::error_code check(Value& value, int depth, int maxDepth = kMaxJsonDepth);
  // Nothing but blanks may be left.
  simdjson::error_code finish();
  // Reads `text` as one value of any kind. As the only element of a list, since simdjson reads a lone scalar by other
  // rules.
  simdjson::error_code checkOne(std::string_view text, int maxDepth);

 private:
  simdjson::error_code readList(Value& value, int depth, JsonItem& item, int maxDepth);
  simdjson::error_code readObject(Value& value, int depth, JsonItem& item, int maxDepth);
  simdjson::error_code checkText(Value& value) const;
  void makeRoom(std::size_t bytes);
  simdjson::error_code begin(std::size_t size);

  std::unique_ptr<simdjson::ondemand::parser> parser_ = std::make_unique<simdjson::ondemand::parser>();
  std::unique_ptr<char[]> bytes_;
  std::size_t room_ = 0;
  bool hasEscapes_ =
      false;  // without any, what simdjson found while it looked for the structure is all there is to check in texts
  simdjson::ondemand::document document_;
};

// What is wrong, and at which byte, for an error that reading `text` gave.
std::string describeJsonError(simdjson::error_code error, std::string_view text, int maxDepth = kMaxJsonDepth);

// Whether `text` is one JSON value that nests at most `maxDepth` deep. Invalid: what is wrong and where.
Result<void> checkJson(std::string_view text, int maxDepth = kMaxJsonDepth);

}  // namespace leptir
