// Operations::stack.
#include <fmt/format.h>

#include <algorithm>
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

class StackSearch {
 public:
  StackSearch(Operations& operations, operations::Stores& stores, const TaskDetails& task)
      : operations_(operations), stores_(stores), task_(task) {}

  Result<TaskStack> find() const {
    const auto fleet = operations_.instances();
    if (!fleet) return fleet.error();
    const auto instance = std::ranges::find(fleet->instances, task_.instance, &InstanceView::instance);
    if (instance == fleet->instances.end()) return taskDoesNotRun(task_);
    auto json = jsonFrom(*instance);
    if (!json) return json.error();
    auto stack = operations::stackIn(*json);
    if (!stack) return stack;
    stack->id = task_.id;
    stack->instance = instance->instance;
    stack->host = instance->host;
    return stack;
  }

 private:
  // Directly where the instance runs as the user of this process and the kernel allows it. Otherwise the instance is
  // asked: it may have the rights, and its program must not be executed with those of root.
  Result<Json> jsonFrom(const InstanceView& instance) const {
    if (task_.running->pid > 0 && operations::isVisible(instance) && operations::isOfThisUser(instance.pid)) {
      auto taken = takeStackHere(instance);
      if (taken || taken.error().code() == ErrorCode::Invalid) return taken;
    }
    return operations::askInstance(stores_, instance, fleet::Question::Kind::Stack, task_.id, kLongestStackWait);
  }

  // The program of the instance takes the stack: it has the code for it, and fits the instance's version.
  Result<Json> takeStackHere(const InstanceView& instance) const {
    if (base::checkInstanceMark(task_.running->pid, instance.instance) != base::Membership::Yes)
      return Error(ErrorCode::Unavailable, "the worker is gone");
    auto taker = base::StackTaker::start(fmt::format("/proc/{}/exe", instance.pid), task_.running->pid, task_.id);
    if (!taker) return taker.error();
    const auto text = taker->wait();
    if (!text) return text.error();
    const auto after = operations_.task(task_.id);
    if (!after || !after->running || after->running->pid != task_.running->pid) return taskDoesNotRun(task_);
    return parseJson(*text);
  }

  Operations& operations_;
  operations::Stores& stores_;
  const TaskDetails& task_;
};

}  // namespace

Result<TaskStack> Operations::stack(std::string_view id) {
  const auto found = task(id);
  if (!found) return found.error();
  if (!found->running) return taskDoesNotRun(*found);
  return StackSearch(*this, *stores_, *found).find();
}

}  // namespace leptir
