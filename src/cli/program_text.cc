#include "cli/program_text.h"

#include <CLI/CLI.hpp>

#include "leptir/version.h"

namespace leptir::cli {
namespace {

bool takesValue(const CLI::Option& option) {
  return option.get_type_size() > 0;
}

// The parser writes --watch{2}: without a value it means 2.
bool hasOptionalValue(const CLI::Option& option) {
  return option.get_expected_min() == 0 && option.get_name(false, true).find('{') != std::string::npos;
}

// The type is followed by the allowed values, where there are only some: TEXT:{bash,zsh,fish}.
std::vector<std::string> choicesOf(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto begin = type.find(":{"), end = type.rfind('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  return CLI::detail::split(type.substr(begin + 2, end - begin - 2), ',');
}

// The parser's names of C++ types, as people call them.
std::string valueNameOf(const CLI::Option& option) {
  const auto name = option.get_type_name();
  if (name == "INT" || name == "UINT") return "NUMBER";
  if (name == "FLOAT") return "SECONDS";
  return name.substr(0, name.find(':'));
}

OptionText optionTextOf(const CLI::Option& option) {
  OptionText text{.name = option.get_single_name(), .help = option.get_description()};
  if (!option.get_positional()) text.name = "--" + option.get_lnames().front();
  if (hasOptionalValue(option))
    text.optionalValue = valueNameOf(option);
  else if (takesValue(option))
    text.value = valueNameOf(option);
  text.isRequired = option.get_required();
  text.choices = choicesOf(option);
  text.repeats = option.get_expected_max() > 1;
  return text;
}

}  // namespace

CommandText commandTextOf(const CLI::App& command) {
  CommandText text{.name = command.get_name(), .description = command.get_description(), .group = command.get_group()};
  for (const auto* option : command.get_options()) {
    if (option == command.get_help_ptr()) continue;
    (option->get_positional() ? text.words : text.options).push_back(optionTextOf(*option));
  }
  return text;
}

ProgramText programTextOf(const CLI::App& app) {
  ProgramText text{.name = app.get_name(),
                   .version = std::string(kVersion),
                   .description = app.get_description(),
                   .footer = app.get_footer()};
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    text.commands.push_back(commandTextOf(*command));
  return text;
}

}  // namespace leptir::cli
