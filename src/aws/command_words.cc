#include "aws/command_words.h"

namespace leptir::aws {
namespace {

bool isSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Takes what stands behind a single quote, up to the next one.
bool takeSingleQuoted(std::string_view& line, std::string& word) {
  const auto end = line.find('\'');
  if (end == std::string_view::npos) return false;
  word += line.substr(0, end);
  line.remove_prefix(end + 1);
  return true;
}

bool takeDoubleQuoted(std::string_view& line, std::string& word) {
  while (!line.empty() && line[0] != '"') {
    const bool isEscape = line.size() > 1 && line[0] == '\\' && (line[1] == '"' || line[1] == '\\');
    word += line[isEscape ? 1 : 0];
    line.remove_prefix(isEscape ? 2 : 1);
  }
  if (line.empty()) return false;
  line.remove_prefix(1);
  return true;
}

// Takes the next character, or quoted text.
bool takePiece(std::string_view& line, std::string& word) {
  const char c = line[0];
  line.remove_prefix(1);
  if (c == '\'') return takeSingleQuoted(line, word);
  if (c == '"') return takeDoubleQuoted(line, word);
  if (c != '\\') {
    word += c;
    return true;
  }
  if (line.empty()) return false;
  word += line[0];
  line.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::vector<std::string>> commandWords(std::string_view line) {
  std::vector<std::string> words;
  for (;;) {
    while (!line.empty() && isSpace(line[0])) line.remove_prefix(1);
    if (line.empty()) return words;
    std::string word;
    while (!line.empty() && !isSpace(line[0])) {
      if (!takePiece(line, word)) return std::nullopt;
    }
    words.push_back(std::move(word));
  }
}

}  // namespace leptir::aws
