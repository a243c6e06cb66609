#include "cli/take_stack.h"

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>

#include "base/exit_code.h"
#include "base/proc_text.h"
#include "base/process_tree.h"
#include "stack/process_stack.h"

namespace leptir::cli {
namespace {

// Whether the process was started with this environment variable.
bool hasVariable(int process, const std::string& variable) {
  const auto environment = base::readProcText(process, "environ");
  return environment && ('\0' + *environment).find('\0' + variable + '\0') != std::string::npos;
}

// The program that the worker has started for the task.
std::optional<int> programOf(int worker, const std::string& taskId) {
  for (const auto& child : base::childrenOf(worker)) {
    if (!child.dead && hasVariable(child.pid, "LEPTIR_TASK_ID=" + taskId)) return child.pid;
  }
  return std::nullopt;
}

}  // namespace

int takeStack(const char* worker, const char* taskId) {
  const int pid = std::atoi(worker);
  const auto program = programOf(pid, taskId);
  const auto stack = stack::captureProcessStack(program.value_or(pid));
  if (!stack) {
    std::cout << stack.error().message() << '\n';
    return base::kExitPartlyDone;
  }
  std::cout << stack::textOf(*stack, program ? stack::StackSubject::Program : stack::StackSubject::Worker) << '\n';
  return base::kExitDone;
}

}  // namespace leptir::cli
