#include "operations/task_stack_text.h"

#include <fmt/format.h>

#include <chrono>

#include "base/escape.h"
#include "base/hex_text.h"

namespace leptir::operations {
namespace {

std::string callText(const TaskStackFrame& frame) {
  auto text = frame.function.empty() ? base::hexText(frame.address) : frame.function;
  if (!frame.file.empty()) text += fmt::format(" at {}:{}", frame.file, frame.line);
  if (!frame.library.empty()) text += " in " + frame.library;
  return text;
}

std::string heading(const TaskStack& stack) {
  return fmt::format("task {}: {} {} at {}, stopped for {:.2f} ms", stack.id, stack.isProgram ? "program" : "worker",
                     stack.pid, stack.host, std::chrono::duration<double, std::milli>(stack.stoppedFor).count());
}

}  // namespace

std::vector<StackTextLine> stackTextLines(const TaskStack& stack) {
  std::vector<StackTextLine> lines;
  const auto add = [&](const std::string& text, bool isUserCode = false) {
    lines.push_back({base::escaped(text), isUserCode});
  };
  add(heading(stack));
  for (const auto& thread : stack.threads) {
    add(fmt::format("thread {} {}", thread.tid, thread.name));
    std::size_t number = 0;
    for (const auto& frame : thread.frames)
      add(fmt::format("{} {:>3}  {}", frame.isUserCode ? '>' : ' ', number++, callText(frame)), frame.isUserCode);
    if (!thread.problem.empty()) add(fmt::format("       ({})", thread.problem));
  }
  if (stack.leftOutThreads > 0) add(fmt::format("{} more threads are left out", stack.leftOutThreads));
  return lines;
}

}  // namespace leptir::operations
