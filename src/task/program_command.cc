#include "task/program_command.h"

#include <fmt/format.h>

#include "leptir/task_error.h"
#include "task/json_members.h"

namespace leptir::task {
namespace {

// A part of an argument: literal text, or the name of a parameter. Parts of an argument alternate, beginning with text.
struct ArgumentPart {
  std::string text;
  bool isParameterName = false;
};

// The position of the brace that ends the parameter name beginning at `from`.
Result<std::size_t> findNameEnd(std::string_view argument, std::size_t from) {
  const auto end = argument.find('}', from);
  if (end == std::string_view::npos) return Error(ErrorCode::Invalid, "a { is left open; {{ stands for a brace");
  if (end == from) return Error(ErrorCode::Invalid, "no parameter name between { and }; {{ and }} stand for braces");
  if (argument.substr(from, end - from).find('{') != std::string_view::npos) {
    return Error(ErrorCode::Invalid, "a { inside the name of a parameter; {{ stands for a brace");
  }
  return end;
}

Result<std::vector<ArgumentPart>> splitArgument(std::string_view argument) {
  std::vector<ArgumentPart> parts(1);
  for (std::size_t i = 0; i < argument.size(); ++i) {
    const char c = argument[i];
    const bool doubled = i + 1 < argument.size() && argument[i + 1] == c;
    if (c == '\0') return Error(ErrorCode::Invalid, "a NUL byte, which no argument can hold");
    if (c == '}' && !doubled) return Error(ErrorCode::Invalid, "a } without its {; }} stands for a brace");
    if (c != '{' || doubled) {
      parts.back().text += c;
      if (c == '{' || c == '}') ++i;
      continue;
    }
    const auto end = findNameEnd(argument, i + 1);
    if (!end) return end.error();
    parts.push_back({std::string(argument.substr(i + 1, *end - i - 1)), true});
    parts.emplace_back();
    i = *end;
  }
  return parts;
}

std::string parameterText(const std::string& name, std::string_view parameters) {
  const auto value = memberOf(parameters, name);
  if (!value) throw InputError("Value is not defined, the command needs it. Parameter: " + name);
  auto text = value->starts_with('"') ? jsonStringValue(*value) : std::string(*value);
  if (text.find('\0') != std::string::npos) {
    throw InputError("Input value holds a NUL byte, which no argument can. Parameter: " + name);
  }
  return text;
}

std::string fillArgument(std::string_view argument, std::string_view parameters) {
  const auto parts = splitArgument(argument);
  if (!parts) throw InputError("Command: " + parts.error().message());
  std::string filled;
  for (const auto& part : *parts) {
    filled.append(part.isParameterName ? parameterText(part.text, parameters) : part.text);
  }
  return filled;
}

}  // namespace

std::vector<std::string> fillCommand(const std::vector<std::string>& command, std::string_view parameters) {
  std::vector<std::string> filled;
  filled.reserve(command.size());
  for (const auto& argument : command) filled.push_back(fillArgument(argument, parameters));
  return filled;
}

Result<void> checkCommand(const std::vector<std::string>& command) {
  if (command.empty() || command[0].empty()) return Error(ErrorCode::Invalid, "the command names no program");
  for (std::size_t i = 0; i < command.size(); ++i) {
    const auto parts = splitArgument(command[i]);
    if (parts) continue;
    return parts.error().in(i == 0 ? "the program of the command" : fmt::format("argument {} of the command", i));
  }
  return {};
}

}  // namespace leptir::task
