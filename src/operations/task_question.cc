#include "operations/task_question.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"
#include "operations/local_instance.h"

namespace leptir::operations {
namespace {

constexpr std::size_t kMaxInstancesAsked = 50;

Error instanceGoneError(const TaskDetails& task, const InstanceView& instance) {
  return {ErrorCode::Lost,
          fmt::format("task {} does not run: the instance that ran it ({}:{}) is gone; its log and stack are lost, and "
                      "the task goes back into its queue when another instance notices that, or starts",
                      base::inQuotes(task.id), instance.host, instance.pid)};
}

Error runsNowhereError(const TaskDetails& task) {
  return {ErrorCode::Lost,
          fmt::format("task {} does not run: it is leased, but no instance says that it runs it; the task goes back "
                      "into its queue when the session that leased it is over",
                      base::inQuotes(task.id))};
}

bool mayRun(const InstanceView& instance, const TaskDetails& task) {
  if (!instance.hasCard || !instance.answersQuestions || isMasterGone(instance)) return false;
  return !task.queued || std::ranges::count(instance.brokers, task.queued->broker) > 0;
}

}  // namespace

Result<InstanceAnswer> askAboutTask(Operations& operations, Stores& stores, const TaskDetails& task,
                                    const InstanceQuestion& question, const std::vector<std::string>& notAsked) {
  const auto fleet = operations.instances();
  if (!fleet) return fleet.error();
  auto failure = runsNowhereError(task);
  const auto named = std::ranges::find(fleet->instances, task.instance, &InstanceView::instance);
  if (named != fleet->instances.end() && !task.instance.empty()) {
    if (isMasterGone(*named)) return instanceGoneError(task, *named);
    auto answer = askInstances(stores, {*named}, question);
    if (answer || answer.error().code() != ErrorCode::Invalid) return answer;
    failure = answer.error();
  }
  std::vector<InstanceView> others;
  for (const auto& instance : fleet->instances) {
    const bool isAsked = instance.instance != task.instance && std::ranges::count(notAsked, instance.instance) == 0;
    if (isAsked && mayRun(instance, task) && others.size() < kMaxInstancesAsked) others.push_back(instance);
  }
  if (others.empty()) return failure;
  return askInstances(stores, std::move(others), question);
}

}  // namespace leptir::operations
