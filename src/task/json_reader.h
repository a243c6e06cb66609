// JsonReader: reads JSON text with simdjson On-Demand and validates every byte, since On-Demand alone validates only
// the values that are read.
#pragma once

#include "leptir/json.h"
#include "leptir/result.h"

// simdjson's parser has another layout without this definition, and simdjson's CMake target gives it to the sources of
// this module alone.
#ifndef SIMDJSON_THREADS_ENABLED
#define SIMDJSON_THREADS_ENABLED 1
#endif
#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>

namespace leptir::task {

// A value that JsonReader has read: scalars with their text, lists and objects without their members.
struct JsonItem {
  enum class Kind { Null, False, True, Number, Text, List, Object };
  Kind kind = Kind::Null;
  bool empty = true;      // of a list or an object: it has no member
  std::string_view text;  // Text: unescaped; Number: its digits. Valid until the reader reads on.
};

// Owns a parser and the padded copy of the text that simdjson needs. Only one thread at a time may use it. Returned
// views are valid until the next `open`.
class JsonReader {
 public:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;

  // The calling thread's reader.
  static JsonReader& ofThisThread();

  // The unescaped key of a member of an object. This and valueOf use simdjson's entry in place: copying an entry that
  // was just written in two halves stalls the processor (store forwarding) for longer than the rest of the parsing
  // takes.
  template <class Entry>
  simdjson_inline static simdjson::error_code keyOf(Entry& entry, std::string_view& key) {
    if (entry.error()) return entry.error();
    return entry.value_unsafe().unescaped_key().get(key);
  }
  template <class Entry>
  simdjson_inline static Value& valueOf(Entry& entry) {
    return entry.value_unsafe().value();
  }

  // Starts to read `text`. The memory for a large document is freed when the next small document is opened.
  simdjson::error_code open(std::string_view text);
  simdjson::ondemand::document& document() { return document_; }

  // Reads `value`, which is nested inside `depth` lists and objects, and validates every byte of it. `check` does the
  // same without returning the value.
  simdjson::error_code read(Value& value, int depth, JsonItem& item, int maxDepth = kMaxJsonDepth);
  simdjson::error_code check(Value& value, int depth, int maxDepth = kMaxJsonDepth);
  // Fails unless the rest of the text is white space.
  simdjson::error_code expectEnd();
  // Validates `text` as a single value of any kind. It wraps the text in a list, since simdjson has other rules for a
  // document that is a scalar.
  simdjson::error_code checkDocument(std::string_view text, int maxDepth);

 private:
  simdjson::error_code readList(Value& value, int depth, JsonItem& item, int maxDepth);
  simdjson::error_code readObject(Value& value, int depth, JsonItem& item, int maxDepth);
  simdjson::error_code checkText(Value& value) const;
  void reserveBuffer(std::size_t bytes);
  simdjson::error_code begin(std::size_t size);

  std::unique_ptr<simdjson::ondemand::parser> parser_ = std::make_unique<simdjson::ondemand::parser>();
  std::unique_ptr<char[]> buffer_;
  std::size_t bufferSize_ = 0;
  // False: the document has no backslash, so simdjson's structural scan has validated all its strings.
  bool hasEscapes_ = false;
  simdjson::ondemand::document document_;
};

// Describes `error`, which reading `text` returned, with the byte at which it occurred.
std::string describeJsonError(simdjson::error_code error, std::string_view text, int maxDepth = kMaxJsonDepth);

// Checks that `text` is one JSON value that nests at most `maxDepth` deep. Invalid: the message says why not, and
// where.
Result<void> checkJson(std::string_view text, int maxDepth = kMaxJsonDepth);

}  // namespace leptir::task
