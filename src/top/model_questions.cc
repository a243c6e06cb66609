// What the threads of the model do.
#include <fmt/format.h>

#include <utility>

#include "operations/task_log_text.h"
#include "operations/task_stack_text.h"
#include "top/fleet_merge.h"
#include "top/model_state.h"

namespace leptir::top {
namespace {

constexpr std::size_t kTasksPerPage = 50;

// The first error of a source; empty: none.
std::string problemOf(const std::vector<QueueView>& queues, const Result<FleetView>& fleet) {
  for (const auto& queue : queues) {
    if (!queue.counts) return queue.counts.error().message();
  }
  return fleet || fleet.error().code() == ErrorCode::Unsupported ? "" : fleet.error().message();
}

// For a store that does not answer now: the instances stay on the screen, but what their cards in other stores say of
// the tasks that run is newer.
void preferCardsOfOtherStores(FleetView& fleet) {
  for (auto& instance : fleet.instances) {
    for (auto& at : instance.runningAt) at.isFromOwnStore = false;
  }
}

// A storage that does not exist yet is no problem.
std::string problemOf(const Result<TaskPage>& page) {
  if (page) return page->unable.empty() ? "" : page->unable.front().message();
  return page.error().code() == ErrorCode::NotFound ? "" : page.error().message();
}

std::string stackText(const TaskStack& stack) {
  std::string text;
  for (const auto& line : operations::stackTextLines(stack)) text += line.text + "\n";
  return text;
}

Result<std::string> queryTaskText(Operations& operations, const TaskTextQuery& textQuery,
                                  const Model::Options& options) {
  if (textQuery.aspect == TaskAspect::Log) {
    const auto log = operations.log(textQuery.id);
    return log ? Result<std::string>(operations::taskLogText(*log)) : log.error();
  }
  if (textQuery.aspect == TaskAspect::Stack) {
    const auto stack = operations.stack(textQuery.id);
    return stack ? Result<std::string>(stackText(*stack)) : stack.error();
  }
  const auto details = operations.task(textQuery.id);
  if (!details) return details.error();
  return options.textOfTask ? options.textOfTask(*details, options.clock->now()) : details->record.dump(2);
}

}  // namespace

AskResult Model::State::askQueues(SourceState& state) {
  update([&] { state.answer.asked = now(); });
  auto queues = state.source.operations->queues();
  auto fleet = state.source.operations->instances();
  auto problem = problemOf(queues, fleet);
  const auto asked = problem.empty() ? AskResult::Answered : AskResult::Failed;
  update([&] {
    state.answer.error = std::move(problem);
    updateQueues(state, std::move(queues));
    if (fleet)
      state.fleet = std::move(*fleet);
    else
      preferCardsOfOtherStores(state.fleet);
    state.answer.asked.reset();
    state.answer.answered = now();
    updateInstancesAndRates();
  });
  return asked;
}

// A queue that cannot be counted now keeps the counts of before on the screen; the answer's error says why.
void Model::State::updateQueues(SourceState& state, std::vector<QueueView> queues) {
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (queues[i].counts) {
      growth[queues[i].name].addSample(static_cast<double>(queues[i].counts->due), now());
    } else if (i < state.queues.size()) {
      queues[i] = std::move(state.queues[i]);
    }
  }
  state.queues = std::move(queues);
}

void Model::State::updateInstancesAndRates() {
  std::vector<FleetView> views;
  for (const auto& state : queueSources) views.push_back(state->fleet);
  instances = mergedFleet(views);
  meter.addSample(instances, now());
}

AskResult Model::State::askFailures() {
  update([&] { records.answer.asked = now(); });
  auto page = records.source.operations->tasks({.state = ListedState::Failed}, "", kTasksPerPage);
  auto problem = problemOf(page);
  const auto asked = problem.empty() ? AskResult::Answered : AskResult::Failed;
  update([&] {
    records.answer.asked.reset();
    records.answer.answered = now();
    records.answer.error = std::move(problem);
    if (page) failures = std::move(page->tasks);
  });
  return asked;
}

void Model::State::askPage() {
  std::optional<TaskTextQuery> textQuery;
  std::optional<TaskQuery> query;
  {
    const std::lock_guard lock(mutex);
    textQuery = wantedTextQuery;
    query = wantedQuery;
    if (textQuery && textQuery->aspect == TaskAspect::Stack) wantedTextQuery.reset();
  }
  if (textQuery) fetchText(*textQuery);
  if (query) fetchRows(*query);
}

void Model::State::fetchText(const TaskTextQuery& textQuery) {
  auto answer = queryTaskText(*sources.everything, textQuery, options);
  update([&] {
    if (!(text.textQuery == textQuery)) return;  // the operator has turned to another page
    text.error = answer ? "" : answer.error().message();
    if (answer) text.text = std::move(*answer);
    text.answeredAt = now();
  });
}

void Model::State::fetchRows(const TaskQuery& query) {
  const TaskSelection selection{.state = query.state, .broker = query.broker};
  auto page = sources.everything->tasks(selection, query.cursor, kTasksPerPage);
  update([&] {
    if (!(rows.query == query)) return;
    rows.error = problemOf(page);
    if (page) {
      rows.tasks = std::move(page->tasks);
      rows.next = std::move(page->cursor);
    }
    rows.answeredAt = now();
  });
}

void Model::State::countTasks() {
  std::optional<std::pair<std::uint64_t, Action>> wanted;
  {
    const std::lock_guard lock(mutex);
    wanted = std::exchange(wantedCount, std::nullopt);
  }
  if (!wanted) return;
  const auto& [countId, action] = *wanted;
  auto preview =
      sources.everything->preview({.kind = kindOf(action.kind)}, {.selection = *action.selection}, kMaxCountedTasks);
  update([&] {
    count = TaskCount{.countId = countId, .error = preview ? "" : preview.error().message()};
    if (preview) count->preview = std::move(*preview);
  });
}

// False ends the action.
bool Model::State::showProgress(const Action& action, const ActionProgress& progress) {
  update([&] {
    if (news) news->text = fmt::format("{}: {} so far,", titleOf(action), progress.changed);
  });
  return !isEnding;
}

void Model::State::doActions() {
  while (const auto action = nextAction()) {
    auto done = perform(*sources.everything, *action, now(),
                        [&](const ActionProgress& progress) { return showProgress(*action, progress); });
    update([&] {
      done.at = now();
      news = std::move(done);
    });
    for (const auto& poller : pollers) poller->askNow();
    pages->askNow();
  }
}

std::optional<Action> Model::State::nextAction() {
  std::optional<Action> action;
  update([&] {
    if (actions.empty()) return;
    action = std::move(actions.front());
    actions.pop_front();
    news = ActionNews{titleOf(*action) + ": not done yet", ActionNews::Kind::Running, now()};
  });
  return action;
}

}  // namespace leptir::top
