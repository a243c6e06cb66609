// Operations::stack.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/escape.h"
#include "base/instance_mark.h"
#include "base/stack_taker.h"
#include "leptir/operations.h"
#include "operations/local_instance.h"
#include "operations/stack_json.h"
#include "operations/stores.h"
#include "operations/task_question.h"

namespace leptir {
namespace {

// The instance itself kills what takes a stack after ten seconds.
constexpr Duration kMaxStackWait = std::chrono::seconds(15);

Error taskNotRunningError(const TaskDetails& task) {
  const auto where = task.queued ? fmt::format("it is {}", nameOf(task.queued->state)) : std::string("it is over");
  return {ErrorCode::Invalid, fmt::format("task {} does not run: {}", base::inQuotes(task.id), where)};
}

// Taken here where the instance runs as the user of this process and the kernel allows it. Otherwise the instance is
// asked: it may have the rights, and its program must not be executed with those of root. It is also asked where only
// its card tells that it runs the task: since the card was written, the worker may have come to another task.
bool mayTakeStackHere(const InstanceView& instance, int worker) {
  return worker > 0 && operations::isMasterVisible(instance) && operations::isOfThisUser(instance.pid);
}

// The program of the instance takes the stack: it has the code for it, and fits the instance's version. The caller
// checks that the worker still runs the task afterwards.
Result<Json> takeStackHere(const InstanceView& instance, int worker, const std::string& taskId) {
  if (base::checkInstanceMark(worker, instance.instance) != base::Membership::Yes)
    return Error(ErrorCode::Unavailable, "the worker is gone");
  auto taker = base::StackTaker::start(fmt::format("/proc/{}/exe", instance.pid), worker, taskId);
  if (!taker) return taker.error();
  const auto text = taker->wait();
  if (!text) return text.error();
  return parseJson(*text);
}

Result<TaskStack> stackOf(const Result<Json>& json, const std::string& taskId, const InstanceView& instance) {
  if (!json) return json.error();
  auto stack = operations::stackIn(*json);
  if (!stack) return stack;
  stack->id = taskId;
  stack->instance = instance.instance;
  stack->host = instance.host;
  return stack;
}

// Without asking a store. None: no instance of this machine runs the task (any more), or its stack cannot be taken
// here.
std::optional<TaskStack> stackOfRunHere(const operations::Stores& stores, const std::string& taskId) {
  const auto here = operations::findRunHere(stores, taskId);
  if (!here || !mayTakeStackHere(here->instance, here->task.pid)) return std::nullopt;
  auto stack = stackOf(takeStackHere(here->instance, here->task.pid, taskId), taskId, here->instance);
  const auto after = operations::findRunHere(stores, taskId);
  if (!stack || !after || after->task.pid != here->task.pid) return std::nullopt;
  return *std::move(stack);
}

}  // namespace

Result<TaskStack> Operations::stack(std::string_view id) {
  if (auto stack = stackOfRunHere(*stores_, std::string(id))) return *std::move(stack);
  const auto found = task(id);
  if (!found) return found.error();
  const bool isLeased = found->queued && found->queued->state == ListedState::Leased;
  if (!found->running && !isLeased) return taskNotRunningError(*found);
  const operations::InstanceQuestion question{.kind = fleet::Question::Kind::Stack,
                                              .taskId = found->id,
                                              .longestWait = kMaxStackWait,
                                              .isAnswer = [](const Json&) { return true; }};
  const auto answer = operations::askAboutTask(*this, *stores_, *found, question);
  if (!answer) return answer.error();
  return stackOf(answer->json, found->id, answer->instance);
}

}  // namespace leptir
