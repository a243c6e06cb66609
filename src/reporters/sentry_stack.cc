#include "reporters/sentry_stack.h"

#include "base/stack_frame.h"

namespace leptir::reporters {
namespace {

Json frameOf(std::string_view line) {
  const auto parts = base::parseStackFrame(line);
  Json frame{{"in_app", base::isUserCode(parts)}};
  frame[parts.function.starts_with("0x") ? "instruction_addr" : "function"] = parts.function;
  if (!parts.file.empty()) frame["filename"] = parts.file;
  if (parts.file.starts_with('/')) frame["abs_path"] = parts.file;
  if (parts.line > 0) frame["lineno"] = parts.line;
  if (!parts.module.empty()) frame["package"] = parts.module;
  return frame;
}

}  // namespace

Json sentryFrames(const std::vector<std::string>& stack) {
  auto frames = Json::array();
  for (auto line = stack.rbegin(); line != stack.rend(); ++line) frames.push_back(frameOf(*line));
  return frames;
}

std::string innermostUserFunction(const std::vector<std::string>& stack) {
  for (const auto& line : stack) {
    const auto frame = base::parseStackFrame(line);
    if (base::isUserCode(frame)) return std::string(frame.function);
  }
  return {};
}

}  // namespace leptir::reporters
