#include "top/action.h"

#include <fmt/format.h>

namespace leptir::top {
namespace {

constexpr std::size_t kIdDigitsShown = 12;

std::string shortId(const std::string& id) {
  return id.size() <= kIdDigitsShown ? id : id.substr(0, kIdDigitsShown) + "…";
}

// "buried tasks of name sendMail of queue local"
std::string selectionText(const TaskSelection& selection) {
  auto text = std::string(selection.state ? nameOf(*selection.state) : "") + " tasks";
  if (!selection.name.empty()) text += " of name " + selection.name;
  return text + (selection.broker.empty() ? "" : " of queue " + selection.broker);
}

std::string countedText(std::uint64_t count, const TaskSelection& selection) {
  auto text = fmt::format("{} {}", count, selectionText(selection));
  if (count == 1) text.erase(text.find(" tasks") + 5, 1);
  return text;
}

std::string targetTasksText(const Action& action) {
  if (action.selection) return "all " + selectionText(*action.selection);
  return (action.name.empty() ? "the task " : action.name + " ") + shortId(action.id);
}

std::string targetInstanceText(const Action& action) {
  return fmt::format("{}:{}", action.instance.host.empty() ? shortId(action.instance.instance) : action.instance.host,
                     action.instance.pid);
}

std::string pauseTargetText(const Action& action) {
  const auto where = action.broker.empty() ? std::string("all brokers") : "broker " + action.broker;
  return action.name.empty() ? "the queue of " + where : "tasks of name " + action.name + " at " + where;
}

std::string doneText(const Action& action, const ActionReport& report) {
  const auto task = targetTasksText(action);
  switch (action.kind) {
    case Action::Kind::Revive:
      return task + " is due again, with all counters zero.";
    case Action::Kind::Remove:
      return task + " is removed from its queue; its record stays.";
    case Action::Kind::RunNow:
      return task + " is due now.";
    case Action::Kind::Again:
      return report.pushed.empty() ? task + " is pushed again."
                                   : fmt::format("{} is pushed again, as {}.", task, report.pushed.front());
    default:
      return report.requested > 0 ? "The instance that runs " + task + " is asked to end it."
                                  : task + " is cancelled: it is taken out of its queue.";
  }
}

ActionNews failureNews(const Action& action, std::string_view why, Time now) {
  return {fmt::format("{}: {}", titleOf(action), why), ActionNews::Kind::Failed, now};
}

ActionNews successNews(std::string text, Time now) {
  return {std::move(text), ActionNews::Kind::Done, now};
}

ActionNews changeTask(Operations& operations, const Action& action, Time now) {
  const auto report = operations.run({.kind = kindOf(action.kind)}, {.ids = {action.id}});
  if (!report) return failureNews(action, report.error().message(), now);
  if (report->changed > 0) return successNews(doneText(action, *report), now);
  if (!report->errors.empty()) return failureNews(action, report->errors.front().message(), now);
  return failureNews(action, report->leftAlone.empty() ? "no task was changed" : report->leftAlone.front().why, now);
}

std::string_view pastParticipleOf(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::Revive:
      return "revived";
    case Action::Kind::Remove:
      return "deleted";
    case Action::Kind::RunNow:
      return "made due now";
    case Action::Kind::Again:
      return "pushed again";
    default:
      return "cancelled";
  }
}

ActionNews changeMany(Operations& operations, const Action& action, Time now, const OnActionProgress& progress) {
  const auto report = operations.run({.kind = kindOf(action.kind)}, {.selection = *action.selection}, progress);
  if (!report) return failureNews(action, report.error().message(), now);
  auto text = fmt::format("{} {}", countedText(report->changed, *action.selection), pastParticipleOf(action.kind));
  if (report->requested > 0) text += fmt::format("; {} of them run, and are asked to end", report->requested);
  if (report->stopped) text += "; stopped before the end";
  if (!report->errors.empty()) return failureNews(action, text + "; " + report->errors.front().message(), now);
  return successNews(text + ".", now);
}

ActionNews changePause(Operations& operations, const Action& action, Time now) {
  const bool pauses = action.kind == Action::Kind::Pause;
  const auto report =
      pauses ? operations.pause(action.broker, action.name) : operations.resume(action.broker, action.name);
  if (!report) return failureNews(action, report.error().message(), now);
  if (!report->errors.empty()) return failureNews(action, report->errors.front().message(), now);
  return successNews(fmt::format("{} {}.", pauses ? "Paused" : "Resumed", pauseTargetText(action)), now);
}

ActionNews sendInstanceOrder(Operations& operations, const Action& action, Time now) {
  const bool drains = action.kind == Action::Kind::Drain;
  const auto placed =
      operations.order(action.instance, {.kind = drains ? InstanceOrder::Kind::Drain : InstanceOrder::Kind::Resume});
  if (!placed) return failureNews(action, placed.error().message(), now);
  return successNews(fmt::format("Instance {} is told to {}.", targetInstanceText(action),
                                 drains ? "begin no task more" : "begin tasks again"),
                     now);
}

}  // namespace

TaskAction::Kind kindOf(Action::Kind kind) {
  switch (kind) {
    case Action::Kind::Revive:
      return TaskAction::Kind::Revive;
    case Action::Kind::Remove:
      return TaskAction::Kind::Remove;
    case Action::Kind::RunNow:
      return TaskAction::Kind::RunNow;
    case Action::Kind::Again:
      return TaskAction::Kind::Again;
    default:
      return TaskAction::Kind::Cancel;
  }
}

std::string titleOf(const Action& action) {
  switch (action.kind) {
    case Action::Kind::Cancel:
      return "Cancel " + targetTasksText(action);
    case Action::Kind::Revive:
      return "Revive " + targetTasksText(action);
    case Action::Kind::Remove:
      return "Delete " + targetTasksText(action) + " from " + (action.selection ? "their" : "its") + " queue";
    case Action::Kind::RunNow:
      return "Run " + targetTasksText(action) + " now";
    case Action::Kind::Again:
      return "Push " + targetTasksText(action) + (action.selection ? " again, as new ones" : " again, as a new task");
    case Action::Kind::Pause:
      return "Pause " + pauseTargetText(action);
    case Action::Kind::Resume:
      return "Resume " + pauseTargetText(action);
    case Action::Kind::Drain:
      return "Drain instance " + targetInstanceText(action);
    case Action::Kind::ResumeInstance:
      return "Resume instance " + targetInstanceText(action);
  }
  return {};
}

std::string questionOf(const Action& action) {
  return titleOf(action) + "?";
}

std::string titleOf(const Action& action, const ActionPreview& preview) {
  auto title = titleOf(action);
  const auto all = targetTasksText(action);
  const auto count = (preview.isExact ? "" : "more than ") + countedText(preview.count, *action.selection);
  return title.replace(title.find(all), all.size(), count);
}

ActionNews perform(Operations& operations, const Action& action, Time now, const OnActionProgress& progress) {
  switch (action.kind) {
    case Action::Kind::Pause:
    case Action::Kind::Resume:
      return changePause(operations, action, now);
    case Action::Kind::Drain:
    case Action::Kind::ResumeInstance:
      return sendInstanceOrder(operations, action, now);
    default:
      return action.selection ? changeMany(operations, action, now, progress) : changeTask(operations, action, now);
  }
}

}  // namespace leptir::top
