// Operations::stack.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/escape.h"
#include "base/instance_mark.h"
#include "base/stack_taker.h"
#include "leptir/operations.h"
#include "operations/instance_questions.h"
#include "operations/local_instance.h"
#include "operations/stack_json.h"
#include "operations/stores.h"

namespace leptir {
namespace {

// The instance itself kills what takes a stack after ten seconds.
constexpr Duration kLongestStackWait = std::chrono::seconds(15);

Error taskDoesNotRun(const TaskDetails& task) {
  const auto where = task.queued ? fmt::format("it is {}", nameOf(task.queued->state)) : std::string("it is over");
  const bool mayBeRunning = task.queued && task.queued->state == ListedState::Leased;
  return {ErrorCode::Invalid, fmt::format("task {} does not run: {}{}", base::inQuotes(task.id), where,
                                          mayBeRunning ? ", but no instance says that it runs it" : "")};
}

// Taken here where the instance runs as the user of this process and the kernel allows it. Otherwise the instance is
// asked: it may have the rights, and its program must not be executed with those of root.
bool mayTakeHere(const InstanceView& instance, int worker) {
  return worker > 0 && operations::isVisible(instance) && operations::isOfThisUser(instance.pid);
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
  if (!here || !mayTakeHere(here->instance, here->task.pid)) return std::nullopt;
  auto stack = stackOf(takeStackHere(here->instance, here->task.pid, taskId), taskId, here->instance);
  const auto after = operations::findRunHere(stores, taskId);
  if (!stack || !after || after->task.pid != here->task.pid) return std::nullopt;
  return *std::move(stack);
}

class StackSearch {
 public:
  StackSearch(Operations& operations, operations::Stores& stores, const TaskDetails& task)
      : operations_(operations), stores_(stores), task_(task) {}

  Result<TaskStack> find() const {
    const auto fleet = operations_.instances();
    if (!fleet) return fleet.error();
    const auto instance = std::ranges::find(fleet->instances, task_.instance, &InstanceView::instance);
    if (instance == fleet->instances.end()) return taskDoesNotRun(task_);
    return stackOf(jsonFrom(*instance), task_.id, *instance);
  }

 private:
  Result<Json> jsonFrom(const InstanceView& instance) const {
    const int worker = task_.running->pid;
    if (mayTakeHere(instance, worker)) {
      auto taken = takeStackHere(instance, worker, task_.id);
      const auto after = operations_.task(task_.id);
      if (taken && (!after || !after->running || after->running->pid != worker)) return taskDoesNotRun(task_);
      if (taken || taken.error().code() == ErrorCode::Invalid) return taken;
    }
    return operations::askInstance(stores_, instance, fleet::Question::Kind::Stack, task_.id, kLongestStackWait);
  }

  Operations& operations_;
  operations::Stores& stores_;
  const TaskDetails& task_;
};

}  // namespace

Result<TaskStack> Operations::stack(std::string_view id) {
  if (auto stack = stackOfRunHere(*stores_, std::string(id))) return *std::move(stack);
  const auto found = task(id);
  if (!found) return found.error();
  if (!found->running) return taskDoesNotRun(*found);
  return StackSearch(*this, *stores_, *found).find();
}

}  // namespace leptir
