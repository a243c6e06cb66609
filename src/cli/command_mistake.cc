#include "cli/command_mistake.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/escape.h"
#include "cli/command_hint.h"

namespace leptir::cli {
namespace {

using Words = std::vector<std::string>;

std::string withoutValue(const std::string& word) {
  return word.substr(0, word.find('='));
}

Words optionNamesOf(const CLI::App& command) {
  Words names;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::optional<std::string> explainUnknownOption(const CLI::App& command, const Words& words) {
  const auto names = optionNamesOf(command);
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    const auto word = withoutValue(words[i]);
    if (!word.starts_with("--") || std::ranges::find(names, word) != names.end()) continue;
    return describeUnknownWord("option", word, {names.begin(), names.end()});
  }
  return std::nullopt;
}

// Explains an option that stands before the command; often it is an option of that command.
std::optional<std::string> explainMisplacedOption(const CLI::App& app, const std::string& program, const Words& words) {
  const auto word = withoutValue(words[1]);
  for (const auto* command : app.get_subcommands()) {
    const auto names = optionNamesOf(*command);
    if (std::ranges::find(names, word) == names.end()) continue;
    return fmt::format("{} goes after the command: {} {} {}", base::inQuotes(word), program, command->get_name(), word);
  }
  return explainUnknownOption(app, words);
}

}  // namespace

std::optional<std::string> findOptionWithoutValue(const Words& words) {
  for (std::size_t i = 1; i < words.size() && words[i] != "--"; ++i) {
    const auto& word = words[i];
    if (word.starts_with("--") && word.find('=') + 1 == word.size()) return withoutValue(word);
  }
  return std::nullopt;
}

std::optional<std::string> explainMistake(const CLI::App& app, const std::string& program, const Words& words) {
  const auto& first = words.at(1);
  if (first.starts_with('-')) return explainMisplacedOption(app, program, words);
  Words names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == first) return explainUnknownOption(*command, words);
    names.push_back(command->get_name());
  }
  return describeUnknownWord("command", first, {names.begin(), names.end()});
}

}  // namespace leptir::cli
