#include <algorithm>
#include <iterator>

#include "config/parse.h"
#include "leptir/json.h"

namespace leptir::config {
namespace {

// Reads the text for nlohmann's parser and remembers how far the parser has come, since its events have no position.
class TrackedText {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  TrackedText(const char* at, const char** reached) : at_(at), reached_(reached) {}
  const char& operator*() const { return *at_; }
  TrackedText& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  bool operator==(const TrackedText& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// nlohmann's message without its number, its position, and the text that it read last, which may be a secret.
std::string reasonOf(std::string_view what) {
  if (const auto start = what.find(": "); start != std::string_view::npos) what.remove_prefix(start + 2);
  const auto secret = what.find("; last read: ");
  if (secret == std::string_view::npos) return std::string(what);
  const auto expected = what.rfind("; expected ");
  std::string reason(what.substr(0, secret));
  if (expected != std::string_view::npos && expected > secret) reason += what.substr(expected);
  return reason;
}

// The events of nlohmann's parser, which does not call itself for nested values: deep nesting uses up no stack.
class JsonEvents final : public nlohmann::json_sax<Json> {
 public:
  JsonEvents(std::string_view text, ConfigErrors& errors)
      : begin_(text.data()),
        counted_(begin_),
        reached_(begin_),
        end_(begin_ + text.size()),
        errors_(errors),
        builder_(errors) {}

  Node read() {
    Json::sax_parse(TrackedText(begin_, &reached_), TrackedText(end_, &reached_), this);
    return builder_.takeTree();
  }

  bool null() override { return builder_.null(line()); }
  bool boolean(bool value) override { return builder_.scalar(line(), value ? "true" : "false", false); }
  bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return number(text); }
  bool string(string_t& text) override { return builder_.scalar(line(), std::move(text), true); }
  bool binary(binary_t&) override { return false; }  // never: JSON has none
  bool start_object(std::size_t) override { return builder_.startMap(line()); }
  bool key(string_t& key) override { return builder_.key(line(), std::move(key)); }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override { return builder_.startList(line()); }
  bool end_array() override { return end(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    errors_.add(line(), "not valid JSON: " + reasonOf(error.what()));
    return false;
  }

 private:
  bool number(std::string text) {
    if (reached_ != end_) --reached_;  // the parser has read one character more, which may be the line end
    return builder_.scalar(line(), std::move(text), false);
  }
  bool end() {
    builder_.end();
    return true;
  }
  int line() {
    if (reached_ > counted_) {
      line_ += static_cast<int>(std::count(counted_, reached_, '\n'));
      counted_ = reached_;
    }
    return line_;
  }

  const char* const begin_;
  const char* counted_;  // lines are counted up to here
  const char* reached_;
  const char* const end_;
  int line_ = 1;
  ConfigErrors& errors_;
  NodeBuilder builder_;
};

}  // namespace

Node parseJsonNodes(std::string_view text, ConfigErrors& errors) {
  return JsonEvents(text, errors).read();
}

}  // namespace leptir::config
