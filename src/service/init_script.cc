#include "service/init_script.h"

#include <algorithm>
#include <array>
#include <utility>

#include "service/init_script_text.h"

namespace leptir::service {
namespace {

using Replacement = std::pair<std::string_view, std::string>;

// The values are not searched again: a path may hold such a word.
std::string replaced(std::string_view text, const std::array<Replacement, 7>& replacements) {
  std::string result;
  while (!text.empty()) {
    const auto next = text.find('@');
    result += text.substr(0, next);
    if (next == std::string_view::npos) break;
    text.remove_prefix(next);
    const auto found = std::ranges::find_if(
        replacements, [&](const Replacement& replacement) { return text.starts_with(replacement.first); });
    if (found == replacements.end()) {  // the @ of "$@"
      result += '@';
      text.remove_prefix(1);
    } else {
      result += found->second;
      text.remove_prefix(found->first.size());
    }
  }
  return result;
}

// Words of a shell in a word of a shell: the script evaluates them.
std::string listOfFolders(const Service& service) {
  auto folders = shellWord(service.pidFile.parent_path().string());
  for (const auto& file : service.logFiles) folders += " " + shellWord(file.parent_path().string());
  folders += " " + shellWord(service.stateFolder().string());
  return shellWord(folders);
}

}  // namespace

std::string shellWord(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string shellQuotedIfNeeded(std::string_view text) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=:,./";
  const bool isPlain = !text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos;
  return isPlain ? std::string(text) : shellWord(text);
}

std::string initScript(const Service& service) {
  return replaced(kInitScript, {{{"@NAME@", service.name},
                                 {"@PROGRAM@", shellWord(service.program.string())},
                                 {"@CONFIG@", shellWord(service.config.string())},
                                 {"@PID@", shellWord(service.pidFile.string())},
                                 {"@USER@", shellWord(service.user)},
                                 {"@STATE@", shellWord(service.stateHome().string())},
                                 {"@FOLDERS@", listOfFolders(service)}}});
}

}  // namespace leptir::service
