// leptir stack
#include <unistd.h>

#include <chrono>
#include <iostream>

#include "base/hex_text.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/operate.h"
#include "cli/terminal.h"
#include "operations/task_stack_text.h"

namespace leptir::cli {
namespace {

double secondsStopped(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Json frameJson(const TaskStackFrame& frame) {
  return {{"address", base::hexText(frame.address)},
          {"function", frame.function},
          {"file", frame.file},
          {"line", frame.line},
          {"library", frame.library},
          {"inlined", frame.isInlined},
          {"user", frame.isUserCode}};
}

Json threadJson(const TaskStackThread& thread) {
  Json json{{"tid", thread.tid}, {"name", thread.name}, {"problem", thread.problem}, {"frames", Json::array()}};
  for (const auto& frame : thread.frames) json["frames"].push_back(frameJson(frame));
  return json;
}

Json stackJson(const TaskStack& stack) {
  Json json{{"id", stack.id},
            {"instance", stack.instance},
            {"host", stack.host},
            {"pid", stack.pid},
            {"program", stack.isProgram},
            {"taken", timeJson(stack.taken)},
            {"stoppedFor", secondsStopped(stack.stoppedFor)},
            {"threads", Json::array()},
            {"leftOutThreads", stack.leftOutThreads}};
  for (const auto& thread : stack.threads) json["threads"].push_back(threadJson(thread));
  return json;
}

void printStack(const TaskStack& stack) {
  const bool hasColours = terminalOf(STDOUT_FILENO).hasColours;
  for (const auto& [text, isUserCode] : operations::stackTextLines(stack))
    std::cout << (hasColours && isUserCode ? coloured(text, Colour::Bold) : text) << '\n';
}

}  // namespace

int runCommand(const StackCommand& command, const Program& program) {
  return operate(command.config, program, [&](Operations& operations, const Config&) {
    const auto id = operations.findByPrefix(command.id);
    if (!id) return failOperation("stack", id.error());
    const auto stack = operations.stack(*id);
    // The id is right, but the task does not run: nothing to show.
    if (!stack) return fail(stack.error());
    if (command.json)
      std::cout << jsonForOutput(stackJson(*stack)) << '\n';
    else
      printStack(*stack);
    std::cout << std::flush;
    return base::kExitDone;
  });
}

}  // namespace leptir::cli
