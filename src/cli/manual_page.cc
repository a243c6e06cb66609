#include "cli/manual_page.h"

#include <fmt/format.h>

#include <algorithm>

namespace leptir::cli {
namespace {

// Escapes what roff reads as its own: a backslash, a minus sign that must stay one, and a dot or apostrophe that begins
// a line.
std::string roff(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else if ((c == '.' || c == '\'') && (result.empty() || result.back() == '\n')) {
      result += fmt::format("\\&{}", c);
    } else {
      result += c;
    }
  }
  return result;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// A name line of a page is one line and ends without a full stop.
std::string asOneLine(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string head(const ProgramText& program, const std::string& page, const std::string& description) {
  return fmt::format(".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n", roff(upper(page)),
                     roff(program.name), roff(program.version), roff(page), roff(asOneLine(description)));
}

std::string optionWithValue(const OptionText& option) {
  if (!option.optionalValue.empty())
    return fmt::format("\\fB{}\\fR[=\\fI{}\\fR]", roff(option.name), roff(option.optionalValue));
  return fmt::format("\\fB{}\\fR{}", roff(option.name),
                     option.value.empty() ? "" : fmt::format("=\\fI{}\\fR", roff(option.value)));
}

std::string synopsis(const ProgramText& program, const CommandText& command) {
  auto text = fmt::format(".SH SYNOPSIS\n.B {} {}\n", roff(program.name), roff(command.name));
  for (const auto& word : command.words)
    text += fmt::format("[\\fI{}\\fR{}]\n", roff(word.name), word.repeats ? " ..." : "");
  for (const auto& option : command.options) text += fmt::format("[{}]\n", optionWithValue(option));
  return text;
}

std::string options(const CommandText& command) {
  std::string text = ".SH OPTIONS\n";
  for (const auto& word : command.words) text += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(word.name), roff(word.help));
  for (const auto& option : command.options)
    text += fmt::format(".TP\n{}\n{}\n", optionWithValue(option), roff(option.help));
  return text + ".TP\n\\fB\\-\\-help\\fR\nPrint help and exit\n";
}

std::string exitStatus(const ProgramText& program) {
  return fmt::format(".SH EXIT STATUS\n{}\n", roff(asOneLine(program.footer)));
}

// `but`: the page that this is part of.
std::string seeAlso(const ProgramText& program, const std::string& but) {
  std::string text;
  const auto add = [&](const std::string& page) {
    if (page != but) text += fmt::format("{}.BR {} (1)", text.empty() ? "" : ",\n", roff(page));
  };
  add(program.name);
  for (const auto& command : program.commands) add(program.name + "-" + command.name);
  return ".SH SEE ALSO\n" + text + "\n";
}

std::string programPage(const ProgramText& program) {
  auto text = head(program, program.name, program.description.substr(program.description.find(": ") + 2));
  text += fmt::format(".SH SYNOPSIS\n.B {}\n.I COMMAND\n[\\fIOPTION\\fR ...]\n.SH COMMANDS\n", roff(program.name));
  for (const auto& command : program.commands)
    text += fmt::format(".TP\n.BR {} (1)\n{}\n", roff(program.name + "-" + command.name), roff(command.description));
  return text + exitStatus(program) + seeAlso(program, program.name);
}

std::string commandPage(const ProgramText& program, const CommandText& command) {
  const auto page = program.name + "-" + command.name;
  return head(program, page, command.description) + synopsis(program, command) + ".SH DESCRIPTION\n" +
         roff(command.description) + "\n" + options(command) + exitStatus(program) + seeAlso(program, page);
}

}  // namespace

std::vector<ManualPage> manualPages(const ProgramText& program) {
  std::vector<ManualPage> pages{{program.name, programPage(program)}};
  for (const auto& command : program.commands)
    pages.push_back({program.name + "-" + command.name, commandPage(program, command)});
  return pages;
}

}  // namespace leptir::cli
