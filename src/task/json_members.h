// Reads and replaces members of a JSON object in its text, so that every other byte that an application pushed stays
// unchanged.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leptir::task {

// Iterates over the members of the outermost object of `text`, which should be valid JSON (see checkJson); for any
// other text it reads no byte outside of `text`. The returned views point into `text`.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view text);

  // Moves to the next member. False: there is no further member.
  bool next();
  std::string_view key() const { return key_; }      // with its quotes and escapes
  std::string_view value() const { return value_; }  // without the blanks around it
  std::string_view whole() const { return text_.substr(begin_, at_ - begin_); }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skipBlanks();
  void skipString();
  void skipValue();

  std::string_view text_, key_, value_;
  std::size_t at_, begin_ = 0;
};

// The value of a JSON string, given with its quotes. Invalid JSON is returned unchanged.
std::string jsonStringValue(std::string_view quoted);

// The JSON text of the last member with that name.
std::optional<std::string_view> memberOf(std::string_view object, std::string_view name);

// Returns `object` with the member `name` set to `value` (JSON text). An existing member is replaced; a new one is
// appended.
std::string withMember(std::string_view object, std::string_view name, std::string_view value);

// `text` without JSON's white space at its beginning and end.
std::string_view withoutJsonBlanks(std::string_view text);

// The same JSON on one line: line breaks become blanks. (In valid JSON, line breaks stand only between tokens.)
std::string onOneLine(std::string_view json);

}  // namespace leptir::task
