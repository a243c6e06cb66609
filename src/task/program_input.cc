#include "task/program_input.h"

#include <fmt/format.h>

#include <cstdlib>
#include <map>

#include "leptir/json.h"
#include "task/json_members.h"
#include "task/json_text.h"
#include "task/program_lookup.h"

namespace leptir::task {
namespace {

void appendSeconds(Duration duration, std::string& out) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(duration);
  if (seconds == duration) return appendInteger(seconds.count(), out);
  out.append(Json(std::chrono::duration<double>(duration).count()).dump());
}

}  // namespace

std::string programInput(const TaskContext& context, std::string_view parameters) {
  std::string line = R"({"id":)";
  appendPhpJsonString(context.id(), line);
  line.append(R"(,"name":)");
  appendPhpJsonString(context.name(), line);
  line.append(R"(,"parameters":)").append(onOneLine(parameters));
  line.append(R"(,"attempt":)").append(std::to_string(context.attempt()));
  line.append(R"(,"fence":)").append(std::to_string(context.fence()));
  line.append(R"(,"timeLimit":)");
  appendSeconds(context.timeLimit(), line);
  return line.append("}\n");
}

std::vector<std::string> programEnvironment(const TaskContext& context, const ProgramSpec& spec,
                                            const std::string& session) {
  std::map<std::string, std::string> variables;
  for (const char* name : {"HOME", "LANG"}) {
    if (const char* value = std::getenv(name)) variables[name] = value;
  }
  for (const auto& [name, value] : spec.environment) variables[name] = value;
  variables["PATH"] = searchPathOf(spec);
  variables["LEPTIR_SESSION"] = session;
  variables["LEPTIR_TASK_ID"] = context.id();
  variables["LEPTIR_ATTEMPT"] = std::to_string(context.attempt());
  variables["LEPTIR_FENCE"] = std::to_string(context.fence());
  if (!context.traceparent().empty()) variables["TRACEPARENT"] = context.traceparent();

  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) texts.push_back(fmt::format("{}={}", name, value));
  return texts;
}

}  // namespace leptir::task
