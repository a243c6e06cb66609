#include "meta/json_merge.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace leptir::meta {
namespace {

constexpr std::string_view kBlanks = " \t\n\r";

struct Member {
  std::string_view key;  // with its quotes
  std::string_view value;
};

std::size_t endOfText(std::string_view json, std::size_t at) {
  for (++at; json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// The end of the value that begins at `at`. Not recursive, so that deeply nested text cannot exhaust the stack.
std::size_t endOfValue(std::string_view json, std::size_t at) {
  const bool isStructured = json[at] == '{' || json[at] == '[';
  if (json[at] == '"') return endOfText(json, at);
  if (!isStructured) return std::min(json.find_first_of(",]}", at), json.size());
  int depth = 0;
  do {
    if (json[at] == '{' || json[at] == '[') ++depth;
    if (json[at] == '}' || json[at] == ']') --depth;
    at = json[at] == '"' ? endOfText(json, at) : at + 1;
  } while (depth > 0);
  return at;
}

std::string_view withoutBlanksAround(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string_view inside(std::string_view braced) {
  return withoutBlanksAround(braced.substr(1, braced.size() - 2));
}

std::vector<Member> membersOf(std::string_view object) {
  std::vector<Member> members;
  for (auto rest = inside(object); !rest.empty();) {
    const auto endOfKey = endOfText(rest, 0);
    const auto begin = rest.find_first_not_of(kBlanks, rest.find(':', endOfKey) + 1);
    const auto end = endOfValue(rest, begin);
    members.push_back({rest.substr(0, endOfKey), withoutBlanksAround(rest.substr(begin, end - begin))});
    const auto comma = rest.find(',', end);
    if (comma == std::string_view::npos) break;
    rest = withoutBlanksAround(rest.substr(comma + 1));
  }
  return members;
}

std::string mergeJsonValues(std::string_view into, std::string_view from) {
  if (into[0] == '{' && from[0] == '{') return mergeJsonObjects(into, from);
  if (into[0] != '[' || from[0] != '[') return std::string(from);
  const auto first = inside(into), second = inside(from);
  std::string list = "[" + std::string(first);
  if (!first.empty() && !second.empty()) list += ',';
  return list.append(second).append("]");
}

void append(std::string& object, std::string_view key, std::string_view value) {
  if (object.size() > 1) object += ',';
  object.append(key).append(":").append(value);
}

}  // namespace

std::string mergeJsonObjects(std::string_view into, std::string_view from) {
  const auto members = membersOf(from);
  std::unordered_map<std::string_view, std::string_view> added;
  for (const auto& [key, value] : members) added.emplace(key, value);
  std::string object = "{";
  for (const auto& [key, value] : membersOf(into)) {
    const auto found = added.find(key);
    append(object, key, found == added.end() ? value : mergeJsonValues(value, found->second));
    if (found != added.end()) added.erase(found);
  }
  for (const auto& [key, value] : members) {
    if (added.contains(key)) append(object, key, value);
  }
  return object += '}';
}

}  // namespace leptir::meta
