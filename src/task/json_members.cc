#include "task/json_members.h"

#include <algorithm>

#include "leptir/json.h"
#include "task/json_text.h"

namespace leptir::task {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";

}  // namespace

JsonMembers::JsonMembers(std::string_view text) : text_(text), at_(std::min(text.find('{'), text.size() - 1) + 1) {}

bool JsonMembers::next() {
  skipBlanks();
  if (here() == ',') ++at_;
  skipBlanks();
  if (here() != '"') return false;
  begin_ = at_;
  skipString();
  key_ = whole();
  skipBlanks();
  if (here() == ':') ++at_;
  skipBlanks();
  const auto value = at_;
  skipValue();
  value_ = withoutJsonBlanks(text_.substr(value, at_ - value));
  return true;
}

void JsonMembers::skipBlanks() {
  while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
}

void JsonMembers::skipString() {
  for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) at_ += text_[at_] == '\\' ? 1 : 0;
  at_ = std::min(at_ + 1, text_.size());
}

// Moves to the comma or brace that follows the value.
void JsonMembers::skipValue() {
  for (int depth = 0; at_ < text_.size();) {
    const char c = text_[at_];
    if (c == '"') {
      skipString();
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}')) return;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at_;
  }
}

std::string jsonStringValue(std::string_view quoted) {
  const bool isPlain = quoted.size() >= 2 && quoted.find('\\') == std::string_view::npos;
  if (isPlain) return std::string(quoted.substr(1, quoted.size() - 2));
  const auto text = parseJson(quoted);
  return text && text->is_string() ? text->get<std::string>() : std::string(quoted);
}

std::optional<std::string_view> memberOf(std::string_view object, std::string_view name) {
  std::optional<std::string_view> found;
  for (JsonMembers members(object); members.next();) {
    if (jsonStringValue(members.key()) == name) found = members.value();
  }
  return found;
}

std::string withMember(std::string_view object, std::string_view name, std::string_view value) {
  object = withoutJsonBlanks(object);
  const auto old = memberOf(object, name);
  std::string text;
  if (old) {
    const auto begin = static_cast<std::size_t>(old->data() - object.data());
    return text.append(object, 0, begin).append(value).append(object, begin + old->size());
  }
  const bool isEmpty = !JsonMembers(object).next();
  text = object.substr(0, object.size() - 1);
  if (!isEmpty) text += ',';
  appendPhpJsonString(name, text);
  return text.append(":").append(value).append("}");
}

std::string_view withoutJsonBlanks(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::string onOneLine(std::string_view json) {
  std::string line(json);
  std::ranges::replace_if(line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

}  // namespace leptir::task
