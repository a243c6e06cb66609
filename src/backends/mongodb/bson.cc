#include "backends/mongodb/bson.h"

#include <cmath>
#include <utility>

#include "backends/mongodb/static_bson.h"

namespace leptir::mongodb {
namespace {

int lengthOf(std::string_view text) {
  return static_cast<int>(text.size());
}

std::optional<std::int64_t> wholeNumber(double number) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  if (!(number >= -kLimit && number < kLimit) || number != std::trunc(number)) return {};
  return static_cast<std::int64_t>(number);
}

// Appends an array whose members `append` writes, given the array, the number of the member and its name.
template <class Members, class Append>
void appendArray(bson_t* to, std::string_view key, const Members& members, Append append) {
  bson_t array;
  bson_append_array_begin(to, key.data(), lengthOf(key), &array);
  for (std::size_t i = 0; i < members.size(); ++i) {
    char buffer[16];
    const char* name = nullptr;
    const auto bytes = bson_uint32_to_string(static_cast<std::uint32_t>(i), &name, buffer, sizeof(buffer));
    append(&array, name, static_cast<int>(bytes), members[i]);
  }
  bson_append_array_end(to, &array);
}

}  // namespace

DocumentView::DocumentView(const Document& document) : DocumentView(document.get()) {}

std::optional<ValueView> DocumentView::member(std::string_view name) const {
  bson_iter_t at;
  if (!begin(at)) return {};
  if (!bson_iter_find_w_len(&at, name.data(), lengthOf(name))) return {};
  return ValueView(at);
}

std::optional<ValueView> DocumentView::find(std::string_view path) const {
  const auto point = path.find('.');
  const auto value = member(path.substr(0, point));
  if (!value || point == std::string_view::npos) return value;
  const auto inner = value->document();
  return inner ? inner->find(path.substr(point + 1)) : std::nullopt;
}

std::optional<std::string_view> DocumentView::text(std::string_view path) const {
  const auto value = find(path);
  return value ? value->text() : std::nullopt;
}

std::optional<std::int64_t> DocumentView::integer(std::string_view path) const {
  const auto value = find(path);
  return value ? value->integer() : std::nullopt;
}

std::optional<Time> DocumentView::date(std::string_view path) const {
  const auto value = find(path);
  return value ? value->date() : std::nullopt;
}

std::optional<DocumentView> DocumentView::document(std::string_view path) const {
  const auto value = find(path);
  return value ? value->document() : std::nullopt;
}

std::vector<DocumentView> DocumentView::documents(std::string_view path) const {
  std::vector<DocumentView> found;
  const auto array = document(path);
  if (!array) return found;
  array->forEach([&](const ValueView& value) {
    if (const auto member = value.document()) found.push_back(*member);
  });
  return found;
}

std::optional<std::string_view> ValueView::text() const {
  if (type() != BSON_TYPE_UTF8) return {};
  std::uint32_t bytes = 0;
  const char* text = bson_iter_utf8(&at_, &bytes);
  return std::string_view(text, bytes);
}

std::optional<std::int64_t> ValueView::integer() const {
  if (type() == BSON_TYPE_INT32) return bson_iter_int32(&at_);
  if (type() == BSON_TYPE_INT64) return bson_iter_int64(&at_);
  if (type() == BSON_TYPE_DOUBLE) return wholeNumber(bson_iter_double(&at_));
  return {};
}

std::optional<bool> ValueView::boolean() const {
  if (type() != BSON_TYPE_BOOL) return {};
  return bson_iter_bool(&at_);
}

std::optional<Time> ValueView::date() const {
  if (type() != BSON_TYPE_DATE_TIME) return {};
  constexpr std::int64_t kLimit = Time::max().time_since_epoch().count() / 1000;
  const auto milliseconds = bson_iter_date_time(&at_);
  if (milliseconds > kLimit) return Time::max();
  if (milliseconds < -kLimit) return Time::min();
  return Time(std::chrono::milliseconds(milliseconds));
}

std::optional<DocumentView> ValueView::document() const {
  std::uint32_t bytes = 0;
  const std::uint8_t* data = nullptr;
  if (type() == BSON_TYPE_DOCUMENT) bson_iter_document(&at_, &bytes, &data);
  if (type() == BSON_TYPE_ARRAY) bson_iter_array(&at_, &bytes, &data);
  if (!data) return {};
  return DocumentView(std::span(data, bytes));
}

Document::Document() : bson_(bson_new()) {}

Document::Document(DocumentView copied)
    : bson_(copied.data() != nullptr ? bson_new_from_data(copied.data(), copied.bytes()) : nullptr) {
  if (!bson_) bson_ = bson_new();
}

Document::~Document() {
  if (bson_) bson_destroy(bson_);
}

Document::Document(Document&& other) noexcept : bson_(std::exchange(other.bson_, nullptr)) {}

Document& Document::operator=(Document&& other) noexcept {
  std::swap(bson_, other.bson_);
  return *this;
}

Document::Document(const Document& other) : bson_(bson_copy(other.bson_)) {}

Document& Document::operator=(const Document& other) {
  return *this = Document(other);
}

Document& Document::add(std::string_view key, std::string_view text) {
  bson_append_utf8(bson_, key.data(), lengthOf(key), text.data() ? text.data() : "", lengthOf(text));
  return *this;
}

Document& Document::add(std::string_view key, std::int64_t number) {
  bson_append_int64(bson_, key.data(), lengthOf(key), number);
  return *this;
}

Document& Document::add(std::string_view key, bool value) {
  bson_append_bool(bson_, key.data(), lengthOf(key), value);
  return *this;
}

Document& Document::add(std::string_view key, double number) {
  bson_append_double(bson_, key.data(), lengthOf(key), number);
  return *this;
}

Document& Document::add(std::string_view key, Time date) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(date.time_since_epoch()).count();
  bson_append_date_time(bson_, key.data(), lengthOf(key), milliseconds);
  return *this;
}

Document& Document::add(std::string_view key, const Document& document) {
  bson_append_document(bson_, key.data(), lengthOf(key), document.get());
  return *this;
}

Document& Document::add(std::string_view key, DocumentView document) {
  bson_append_document(bson_, key.data(), lengthOf(key), StaticBson(document).get());
  return *this;
}

Document& Document::add(std::string_view key, const ValueView& value) {
  bson_append_iter(bson_, key.data(), lengthOf(key), &value.iterator());
  return *this;
}

Document& Document::add(std::string_view key, std::span<const Document> array) {
  appendArray(bson_, key, array, [](bson_t* to, const char* name, int bytes, const Document& member) {
    bson_append_document(to, name, bytes, member.get());
  });
  return *this;
}

Document& Document::add(std::string_view key, std::span<const std::string> array) {
  appendArray(bson_, key, array, [](bson_t* to, const char* name, int bytes, const std::string& member) {
    bson_append_utf8(to, name, bytes, member.data(), lengthOf(member));
  });
  return *this;
}

Document& Document::addNull(std::string_view key) {
  bson_append_null(bson_, key.data(), lengthOf(key));
  return *this;
}

}  // namespace leptir::mongodb
