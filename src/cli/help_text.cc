#include "cli/help_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/text_width.h"
#include "cli/wrapped_text.h"

namespace leptir::cli {
namespace {

constexpr std::size_t kNarrowWidth = 60;  // a terminal with less has the second column closer to the left

std::string paragraph(std::string_view text, std::size_t width) {
  return fmt::format("{}\n", fmt::join(wrapped(text, width), "\n"));
}

// "  --config=FILE    configuration file, …"; the text begins on a line of its own where the name is too long.
std::string entry(const std::string& name, const std::string& text, std::size_t width) {
  const std::size_t column = width > 0 && width < kNarrowWidth ? 8 : 30;
  auto result = "  " + name;
  const auto taken = base::textWidth(result);
  if (text.empty()) return result + "\n";
  result += taken + 2 > column ? "\n" + std::string(column, ' ') : std::string(column - taken, ' ');
  const auto lines = wrapped(text, width == 0 ? 0 : std::max(width, column + 10) - column);
  return result + fmt::format("{}\n", fmt::join(lines, "\n" + std::string(column, ' ')));
}

std::string nameOf(const OptionText& option) {
  const bool isWord = !option.name.starts_with("--");
  if (isWord) return option.name + (option.repeats ? " ..." : "");
  if (!option.optionalValue.empty()) return option.name + "[=" + option.optionalValue + "]";
  return option.value.empty() ? option.name : option.name + "=" + option.value;
}

std::string helpOfOption(const OptionText& option) {
  auto text = option.help;
  const bool namesAll = std::ranges::all_of(
      option.choices, [&](const std::string& choice) { return option.help.find(choice) != std::string::npos; });
  if (!namesAll) text += fmt::format("; one of {}", fmt::join(option.choices, ", "));
  return option.isRequired ? text + " (required)" : text;
}

std::string entries(std::string_view title, const std::vector<OptionText>& options, std::size_t width) {
  auto text = fmt::format("\n{}:\n", title);
  for (const auto& option : options) text += entry(nameOf(option), helpOfOption(option), width);
  return text;
}

std::string usage(const std::string& program, const CommandText& command) {
  auto text = fmt::format("Usage: {} {} [OPTIONS]", program, command.name);
  for (const auto& word : command.words) {
    const auto name = word.name + (word.repeats ? "..." : "");
    text += word.isRequired ? " " + name : " [" + name + "]";
  }
  return text;
}

const OptionText& helpOption() {
  static const OptionText kHelp{.name = "--help", .help = "print this help and exit (also -h)"};
  return kHelp;
}

std::string footerText(const std::string& footer, std::size_t width) {
  auto text = footer;
  std::ranges::replace(text, '\n', ' ');
  return "\n" + (width == 0 ? footer + "\n" : paragraph(text, width));
}

}  // namespace

std::string helpOfProgram(const ProgramText& program, std::size_t width) {
  auto text = paragraph(program.description, width) + fmt::format("Usage: {} COMMAND [OPTIONS]\n", program.name);
  text += entries("Options", {helpOption(), {.name = "--version", .help = "print the version and exit"}}, width);
  std::vector<std::string> groups;
  for (const auto& command : program.commands) {
    if (std::ranges::find(groups, command.group) == groups.end()) groups.push_back(command.group);
  }
  for (const auto& group : groups) {
    text += fmt::format("\n{}:\n", group);
    for (const auto& command : program.commands) {
      if (command.group == group) text += entry(command.name, command.description, width);
    }
  }
  return text + footerText(program.footer, width);
}

std::string helpOfCommand(const std::string& program, const CommandText& command, const std::string& footer,
                          std::size_t width) {
  auto text = paragraph(command.description, width) + paragraph(usage(program, command), width);
  if (!command.words.empty()) text += entries("Words", command.words, width);
  auto options = command.options;
  options.insert(options.begin(), helpOption());
  return text + entries("Options", options, width) + footerText(footer, width);
}

}  // namespace leptir::cli
