// `tasks: NAME:`: programs that run as tasks, and rules for a task name.
#include <fmt/format.h>

#include "base/escape.h"
#include "base/task_names.h"
#include "config/map_reader.h"
#include "config/sections.h"
#include "task/program_command.h"

namespace leptir::config {
namespace {

void readCommand(MapReader& task, ProgramSpec& program) {
  const Node* node = task.require("command");
  if (node == nullptr) return;
  const auto what = task.nameOf("command");
  bool isWhole = node->kind == Node::Kind::List;
  for (const auto& item : itemsOf(*node, what, task.errors())) {
    auto argument = readArgument(item, "each argument in " + what, task.errors());
    isWhole = isWhole && argument.has_value();
    program.command.push_back(std::move(argument).value_or(std::string()));
  }
  if (!isWhole) return;
  const auto checked = task::checkCommand(program.command);
  if (!checked) task.errors().add(node->line, fmt::format("{}: {}", what, base::escaped(checked.error().message())));
}

void readEnvironment(MapReader& task, ProgramSpec& program) {
  const Node* node = task.find("environment");
  if (node == nullptr) return;
  const auto what = task.nameOf("environment");
  for (const auto& entry : entriesOf(*node, what, task.errors())) {
    const bool isName = !entry.key.empty() && entry.key.find('=') == std::string::npos;
    const bool isOurs = entry.key.starts_with("LEPTIR_");
    if (!isName)
      task.errors().add(entry.line, fmt::format("{} in {} is no name of a variable", base::inQuotes(entry.key), what));
    if (isOurs)
      task.errors().add(entry.line, fmt::format("{} in {}: names that begin with LEPTIR_ are reserved",
                                                base::inQuotes(entry.key), what));
    auto value = readScalarAsText(entry.value, fmt::format("{} in {}", base::inQuotes(entry.key), what), task.errors());
    if (value) program.environment.insert_or_assign(entry.key, std::move(*value));
  }
}

void readDirectory(MapReader& task, const SectionContext& context, ProgramSpec& program) {
  const Node* node = task.find("directory");
  if (node == nullptr) return;
  const auto directory = readName(*node, task.nameOf("directory"), task.errors());
  if (directory) program.directory = (context.folder / *directory).lexically_normal();
}

void readWarningExitCodes(MapReader& task, ProgramSpec& program) {
  const Node* node = task.find("warning_exit_codes");
  if (node == nullptr) return;
  const auto what = task.nameOf("warning_exit_codes");
  for (const auto& item : itemsOf(*node, what, task.errors())) {
    const auto code = readIntegerInRange(1, 255, item, "each of " + what, task.errors());
    if (code) program.warningExitCodes.push_back(static_cast<int>(*code));
  }
}

std::optional<std::int64_t> readPositive(const Node& node, std::string_view what, ConfigErrors& errors) {
  return readIntegerInRange(1, 1'000'000'000, node, what, errors);
}
std::optional<std::int64_t> readMaxRunning(const Node& node, std::string_view what, ConfigErrors& errors) {
  constexpr std::int64_t kMax = 1'000'000'000;
  const auto number = readInteger(node, what, errors);
  if (!number || (*number >= 1 && *number <= kMax)) return number;
  errors.add(node.line, fmt::format("{} must be from 1 to {}; leave it out where there is no limit", what, kMax));
  return {};
}
std::optional<std::int64_t> readNice(const Node& node, std::string_view what, ConfigErrors& errors) {
  return readIntegerInRange(0, 19, node, what, errors);
}

void readRules(MapReader& task, TaskRules& rules) {
  task.read("time_limit", rules.timeLimit, readSeconds);
  task.read("max_attempts", rules.maxAttempts, readPositive);
  task.read("retry_delay", rules.retryDelay, readSeconds);
  task.read("max_running", rules.maxRunning, readMaxRunning);
  task.read("memory", rules.limits.memory, readBytes);
  task.read("cpu_seconds", rules.limits.cpuSeconds, readPositive);
  task.read("open_files", rules.limits.openFiles, readPositive);
  task.read("file_size", rules.limits.fileSize, readBytes);
  task.read("nice", rules.limits.nice, readNice);
  task.read("keep_descendants", rules.keepDescendants, readBoolean);
}

// Without a command the name is that of a task of the user's program, and only rules for it stand here.
void readProgram(MapReader& task, const std::string& name, const SectionContext& context, Config& config) {
  const bool aboutAProgram = task.find("command") != nullptr || task.find("environment") != nullptr ||
                             task.find("directory") != nullptr || task.find("warning_exit_codes") != nullptr;
  if (!aboutAProgram) return;
  auto& program = config.programs[name];
  readCommand(task, program);
  readEnvironment(task, program);
  readDirectory(task, context, program);
  readWarningExitCodes(task, program);
  program.ownSession = config.rules[name].keepDescendants;
}

void readTask(const Node::Entry& entry, const SectionContext& context, Config& config) {
  if (!base::checkTaskName(entry.key))
    context.errors.add(entry.line, "the name of a task is 1 to 255 bytes without control characters");
  MapReader task(entry.value, "task " + base::inQuotes(entry.key), context.errors);
  if (entry.value.entries.empty() && entry.value.kind == Node::Kind::Map) {
    context.errors.add(entry.line,
                       "task " + base::inQuotes(entry.key) +
                           " is empty: give it a 'command', or rules (time_limit, max_running, max_attempts …)");
    return;
  }
  readRules(task, config.rules[entry.key]);
  readProgram(task, entry.key, context, config);
  task.refuseUnknownKeys();
}

}  // namespace

void readTasks(const Node& node, const SectionContext& context, Config& config) {
  for (const auto& entry : entriesOf(node, "'tasks'", context.errors)) readTask(entry, context, config);
}

}  // namespace leptir::config
