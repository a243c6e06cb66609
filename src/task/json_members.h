// The members of a JSON object as pieces of its text: for code that cuts and splices what an application pushed, so
// that every byte outside the cut arrives as it was.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace leptir {

// Walks the members of the outermost object of valid JSON text (see checkJson). Reads no byte outside of `text`,
// whatever that is. The views that it answers point into `text`.
class JsonMembers {
 public:
  explicit JsonMembers(std::string_view text);

  // False: there is no further member.
  bool next();
  std::string_view key() const { return key_; }      // with its quotes and escapes
  std::string_view value() const { return value_; }  // without the blanks around it
  std::string_view whole() const { return text_.substr(begin_, at_ - begin_); }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skipBlanks();
  void passText();
  void passValue();

  std::string_view text_, key_, value_;
  std::size_t at_, begin_ = 0;
};

// What a JSON string (with its quotes) says. Invalid JSON comes back as it is.
std::string jsonTextValue(std::string_view quoted);

// The value of the last member of that name, as it stands.
std::optional<std::string_view> memberOf(std::string_view object, std::string_view name);

// `object` with the member `name` set to `value` (JSON text): in the place of one that it has, else at the end.
std::string withMember(std::string_view object, std::string_view name, std::string_view value);

// Without the blanks of JSON around it.
std::string_view withoutJsonBlanks(std::string_view text);

// The same JSON on one line: line breaks, which stand only between tokens, become blanks.
std::string onOneLine(std::string_view json);

}  // namespace leptir
