#include "cli/completion_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace leptir::cli {
namespace {

constexpr std::array<std::string_view, 3> kShellWords = {"bash", "zsh", "fish"};

// The name of a shell function: letters, digits and underscores.
std::string functionName(const std::string& program) {
  std::string name = "_" + program;
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

// In single quotes, for any shell. fish reads \ in them as well.
std::string inShellQuotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// The first sentence or part of one: lists of completions have one line for each.
std::string shortHelp(const std::string& help) {
  return help.substr(0, help.find_first_of(";("));
}

std::string withoutBlanksAtEnd(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '.')) text.pop_back();
  return text;
}

// --- bash: an option that takes a value is completed up to its =.

std::string bashWordsOf(const CommandText& command) {
  std::string words;
  for (const auto& option : command.options) words += option.name + (option.value.empty() ? " " : "= ");
  for (const auto& word : command.words) {
    for (const auto& choice : word.choices) words += choice + ' ';
  }
  return words + "--help";
}

// One case for all options that take a file. bash gets no completion of other values.
std::string bashFileOptionCase(const ProgramText& program) {
  std::string files;
  for (const auto& command : program.commands) {
    for (const auto& option : command.options) {
      const bool isKnown = ("|" + files + "|").find("|" + option.name + "|") != std::string::npos;
      if (option.isFile() && !isKnown) files += (files.empty() ? "" : "|") + option.name;
    }
  }
  return files.empty() ? "" : fmt::format("    {}) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n", files);
}

std::string bashScript(const ProgramText& program) {
  std::string names, cases;
  for (const auto& command : program.commands) {
    names += command.name + ' ';
    cases += fmt::format("    {}) words={} ;;\n", command.name, inShellQuotes(bashWordsOf(command)));
  }
  return fmt::format(
      R"(# Completion of {0} for bash.
{1}() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} option=${{COMP_WORDS[COMP_CWORD-1]}} words=
  # bash takes --config=file for three words.
  if [[ $current == = ]]; then current=
  elif [[ $option == = ]]; then option=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  case $option in
{2}  esac
  case ${{COMP_WORDS[1]}} in
{3}  esac
  if ((COMP_CWORD == 1)); then words={4}; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ ${{COMPREPLY[0]-}} == *= ]]; then compopt -o nospace; fi
}}
complete -F {1} {0}
)",
      program.name, functionName(program.name), bashFileOptionCase(program), cases,
      inShellQuotes(names + "--help --version"));
}

// --- zsh

// zsh reads : and [ ] in these texts itself.
std::string zshText(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zshActionOf(const OptionText& option) {
  if (option.isFile()) return "_files";
  return option.choices.empty() ? " " : fmt::format("({})", fmt::join(option.choices, " "));
}

std::string zshArgumentsOf(const CommandText& command) {
  std::string arguments = inShellQuotes("--help[print help]");
  for (const auto& option : command.options) {
    const auto help = zshText(withoutBlanksAtEnd(shortHelp(option.help)));
    arguments += " \\\n        " + inShellQuotes(option.value.empty() ? fmt::format("{}[{}]", option.name, help)
                                                                      : fmt::format("{}=[{}]:{}:{}", option.name, help,
                                                                                    option.value, zshActionOf(option)));
  }
  for (const auto& word : command.words)
    arguments +=
        " \\\n        " + inShellQuotes(fmt::format("{}:{}:{}", word.repeats ? "*" : "", word.name, zshActionOf(word)));
  return arguments;
}

std::string zshScript(const ProgramText& program) {
  std::string commands, cases;
  for (const auto& command : program.commands) {
    commands += "      " + inShellQuotes(command.name + ":" + zshText(withoutBlanksAtEnd(command.description))) + "\n";
    cases += fmt::format("    {})\n      _arguments {} ;;\n", command.name, zshArgumentsOf(command));
  }
  return fmt::format(
      R"(#compdef {0}
# Completion of {0} for zsh.
{1}() {{
  if ((CURRENT == 2)); then
    local -a commands=(
{2}    )
    _describe command commands
    return
  fi
  shift words
  ((CURRENT--))
  case $words[1] in
{3}  esac
}}
# Read by autoload from the folder of completions, or by source.
if [[ $funcstack[1] == {1} ]]; then {1} "$@"; else compdef {1} {0}; fi
)",
      program.name, functionName(program.name), commands, cases);
}

// --- fish

std::string inFishQuotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string fishOption(const std::string& program, const std::string& command, const OptionText& option) {
  std::string value;
  if (!option.value.empty()) value = option.isFile() ? " -r -F" : " -x";
  if (!option.choices.empty()) value += " -a " + inFishQuotes(fmt::format("{}", fmt::join(option.choices, " ")));
  return fmt::format("complete -c {} -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n", program, command,
                     option.name.substr(2), value, inFishQuotes(withoutBlanksAtEnd(shortHelp(option.help))));
}

std::string fishScript(const ProgramText& program) {
  std::string script = fmt::format("# Completion of {0} for fish.\ncomplete -c {0} -f\n", program.name);
  for (const auto& command : program.commands) {
    script += fmt::format("complete -c {} -n __fish_use_subcommand -a {} -d {}\n", program.name, command.name,
                          inFishQuotes(withoutBlanksAtEnd(command.description)));
    for (const auto& option : command.options) script += fishOption(program.name, command.name, option);
    for (const auto& word : command.words) {
      if (word.choices.empty()) continue;
      script += fmt::format("complete -c {} -n '__fish_seen_subcommand_from {}' -a {}\n", program.name, command.name,
                            inFishQuotes(fmt::format("{}", fmt::join(word.choices, " "))));
    }
  }
  return script;
}

}  // namespace

std::vector<std::string> shellWords() {
  return {kShellWords.begin(), kShellWords.end()};
}

std::optional<Shell> shellFrom(std::string_view word) {
  const auto found = std::ranges::find(kShellWords, word);
  if (found == kShellWords.end()) return std::nullopt;
  return static_cast<Shell>(found - kShellWords.begin());
}

std::string completionScript(const ProgramText& program, Shell shell) {
  switch (shell) {
    case Shell::Bash:
      return bashScript(program);
    case Shell::Zsh:
      return zshScript(program);
    case Shell::Fish:
      return fishScript(program);
  }
  return {};
}

}  // namespace leptir::cli
