#include "top/choices.h"

#include <algorithm>

namespace leptir::top {
namespace {

Error refusal(std::string why) {
  return {ErrorCode::Invalid, std::move(why)};
}

std::optional<Action::Kind> taskActionOf(char key) {
  switch (key) {
    case 'c':
      return Action::Kind::Cancel;
    case 'r':
      return Action::Kind::Revive;
    case 'd':
      return Action::Kind::Remove;
    case 'n':
      return Action::Kind::RunNow;
    case 'a':
      return Action::Kind::Again;
    default:
      return std::nullopt;
  }
}

Result<Action> actionOnTask(Action::Kind kind, const Subject& subject) {
  if (subject.id.empty()) return refusal("select a task first: Tab goes to the running and the failed ones");
  return Action{.kind = kind, .id = subject.id, .name = subject.name};
}

Result<Action> actionOnMany(Action::Kind kind, const Subject& subject, const Ui& ui) {
  TaskSelection selection{.state = ui.query.state, .broker = ui.query.broker};
  if (ui.scope == Scope::SameName) {
    if (subject.name.empty()) return refusal("select a task that has a name first");
    selection.name = subject.name;
  }
  return Action{.kind = kind, .selection = std::move(selection)};
}

bool isPaused(const Snapshot& snapshot, const std::string& broker, const std::string& name) {
  return std::ranges::any_of(snapshot.queues, [&](const QueueView& queue) {
    return (broker.empty() || queue.name == broker) &&
           std::ranges::any_of(queue.pauses, [&](const PausedTasks& pause) { return pause.name == name; });
  });
}

// Pauses or resumes a queue, or all tasks of one name at all brokers.
Result<Action> pauseOrResumeAction(const Subject& subject, const Snapshot& snapshot) {
  if (subject.broker.empty() && subject.name.empty()) return refusal("select a queue or a task first");
  const bool resumes = isPaused(snapshot, subject.broker, subject.name);
  return Action{
      .kind = resumes ? Action::Kind::Resume : Action::Kind::Pause, .name = subject.name, .broker = subject.broker};
}

Result<Action> drainOrResumeAction(const Subject& subject) {
  if (subject.instance.instance.empty()) return refusal("select an instance first: i shows them");
  const bool resumes = subject.instance.drained;
  return Action{.kind = resumes ? Action::Kind::ResumeInstance : Action::Kind::Drain, .instance = subject.instance};
}

}  // namespace

std::optional<Result<Action>> actionOf(char key, const Ui& ui, const Snapshot& snapshot) {
  const auto kind = taskActionOf(key);
  if (!kind && key != 'p' && key != 'D') return std::nullopt;
  const auto subject = subjectOf(ui, snapshot).value_or(Subject());
  if (kind && ui.page == Page::Tasks && ui.scope != Scope::Task) return actionOnMany(*kind, subject, ui);
  if (kind) return actionOnTask(*kind, subject);
  return key == 'p' ? pauseOrResumeAction(subject, snapshot) : drainOrResumeAction(subject);
}

}  // namespace leptir::top
