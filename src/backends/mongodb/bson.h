// BSON documents as C++ values, over libbson: Document owns one, DocumentView looks into one.
#pragma once

#include <bson/bson.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"

namespace leptir::mongodb {

class Document;
class ValueView;

// A document or an array that another object owns, which must outlive the view. Reading never throws, and says nothing
// for a value of another type: documents of other programs have any shape, and may be no BSON.
class DocumentView {
 public:
  explicit DocumentView(const bson_t* bson) : data_(bson_get_data(bson)), bytes_(bson->len) {}
  explicit DocumentView(std::span<const std::uint8_t> bytes) : data_(bytes.data()), bytes_(bytes.size()) {}
  DocumentView(const Document& document);

  // The value at a path of names with points ("leptir.due"); none: there is no such field.
  std::optional<ValueView> find(std::string_view path) const;
  // The value of that name, which may have points.
  std::optional<ValueView> member(std::string_view name) const;
  // Shorthands of find() and the reading function of ValueView.
  std::optional<std::string_view> text(std::string_view path) const;
  std::optional<std::int64_t> integer(std::string_view path) const;
  std::optional<Time> date(std::string_view path) const;
  std::optional<DocumentView> document(std::string_view path) const;
  std::vector<DocumentView> documents(std::string_view path) const;  // the members of an array that are documents

  std::size_t bytes() const { return bytes_; }
  const std::uint8_t* data() const { return data_; }
  // Calls `take(const ValueView&)` with each value in order, up to the first one that is no BSON.
  template <class Take>
  void forEach(Take take) const;

 private:
  // Places `at` before the first value. False: there are no bytes, or they are no document.
  bool begin(bson_iter_t& at) const { return data_ != nullptr && bson_iter_init_from_data(&at, data_, bytes_); }

  const std::uint8_t* data_;
  std::size_t bytes_;
};

// One value of a document that another object owns.
class ValueView {
 public:
  explicit ValueView(const bson_iter_t& at) : at_(at) {}

  bson_type_t type() const { return bson_iter_type(&at_); }
  bool isNull() const { return type() == BSON_TYPE_NULL || type() == BSON_TYPE_UNDEFINED; }
  std::optional<std::string_view> text() const;
  std::optional<std::int64_t> integer() const;  // int32 and int64, and a double that is a whole number of 64 bits
  std::optional<bool> boolean() const;
  std::optional<Time> date() const;
  std::optional<DocumentView> document() const;  // a document or an array
  std::string_view key() const { return {bson_iter_key(&at_), bson_iter_key_len(&at_)}; }
  const bson_iter_t& iterator() const { return at_; }

 private:
  bson_iter_t at_;
};

template <class Take>
void DocumentView::forEach(Take take) const {
  bson_iter_t at;
  if (!begin(at)) return;
  while (bson_iter_next(&at)) take(ValueView(at));
}

// Owns a document. Building: Document().add("state", "open").add("epoch", epoch). Keys must not contain NUL, texts may;
// both must be valid UTF-8. A document that was moved from can only be assigned to.
class Document {
 public:
  Document();
  explicit Document(const bson_t& copied) : Document(DocumentView(&copied)) {}
  explicit Document(DocumentView copied);
  ~Document();
  Document(Document&& other) noexcept;
  Document& operator=(Document&& other) noexcept;
  Document(const Document& other);
  Document& operator=(const Document& other);

  Document& add(std::string_view key, std::string_view text);
  Document& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  Document& add(std::string_view key, std::int64_t number);
  Document& add(std::string_view key, int number) { return add(key, static_cast<std::int64_t>(number)); }
  Document& add(std::string_view key, bool value);
  Document& add(std::string_view key, double number);
  Document& add(std::string_view key, Time date);  // cut to whole milliseconds
  Document& add(std::string_view key, const Document& document);
  Document& add(std::string_view key, DocumentView document);
  Document& add(std::string_view key, const ValueView& value);
  Document& add(std::string_view key, std::span<const Document> array);
  Document& add(std::string_view key, std::span<const std::string> array);
  Document& addNull(std::string_view key);

  bool isEmpty() const { return bson_->len <= 5; }
  std::size_t bytes() const { return bson_->len; }
  const bson_t* get() const { return bson_; }
  bson_t* mutableBson() { return bson_; }  // for code that appends by libbson's functions

 private:
  bson_t* bson_;
};

}  // namespace leptir::mongodb
