#include "top/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

#include "base/duration_text.h"
#include "base/time_text.h"
#include "top/times.h"

namespace leptir::top {
namespace {

std::string failureCause(const ListedTask& task) {
  if (!task.record.is_object()) return "-";
  const auto cause = task.record.find("cause");
  return cause != task.record.end() && cause->is_string() ? cause->get<std::string>() : "-";
}

std::string orDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

double timeSortKey(Time time) {
  return unixSeconds(time);
}

std::string pausesText(const QueueView& queue) {
  if (queue.isPaused()) return "paused";
  std::string names;
  for (const auto& pause : queue.pauses) names += (names.empty() ? "" : " ") + pause.name;
  return orDash(names);
}

std::string growthText(const Snapshot& snapshot, const std::string& queue) {
  constexpr double kMinShownGrowth = 0.05;  // what would be shown as 0.0
  const auto found = snapshot.growth.find(queue);
  const bool isShown = found != snapshot.growth.end() && std::abs(found->second) >= kMinShownGrowth;
  return isShown ? fmt::format("{:+.1f}/s", found->second) : "-";
}

Row queueRow(const QueueView& queue, const Snapshot& snapshot) {
  Row row{.key = queue.name, .subject = {.broker = queue.name}};
  const auto growth = snapshot.growth.find(queue.name);
  const auto add = [&](std::string cell, std::variant<double, std::string> sortKeys) {
    row.cells.push_back(std::move(cell));
    row.sortKeys.push_back(std::move(sortKeys));
  };
  const auto count = [&](std::uint64_t TaskCounts::* member) {
    if (!queue.counts) return add("?", -1.0);
    add(std::to_string((*queue.counts).*member), static_cast<double>((*queue.counts).*member));
  };
  const double oldest = queue.oldestDue ? std::chrono::duration<double>(*queue.oldestDue).count() : -1;
  add(queue.name, queue.name);
  count(&TaskCounts::due);
  add(growthText(snapshot, queue.name), growth == snapshot.growth.end() ? 0.0 : growth->second);
  add(queue.oldestDue ? base::durationText(*queue.oldestDue) : "-", oldest);
  count(&TaskCounts::scheduled);
  count(&TaskCounts::leased);
  count(&TaskCounts::buried);
  add(pausesText(queue), pausesText(queue));
  if (queue.isPaused() || !queue.counts) row.style = Style::Yellow;
  return row;
}

std::string instanceLabel(const InstanceView& instance) {
  if (instance.host.empty()) return instance.instance.substr(0, 12);
  return fmt::format("{}:{}", instance.host, instance.pid);
}

Row runningRow(const RunningTask& task, const InstanceView& instance, Time now) {
  const double seconds = std::chrono::duration<double>(now - task.began).count();
  const bool hasProgress = task.progress > 0 || !task.progressText.empty();
  const auto progress = hasProgress ? fmt::format("{:.0f} % {}", task.progress * 100, task.progressText) : "-";
  return {.key = task.id,
          .cells = {task.id, orDash(task.name), instanceLabel(instance), std::to_string(task.attempt),
                    base::durationText(std::max(now - task.began, Duration::zero())), progress},
          .sortKeys = {task.id, task.name, instanceLabel(instance), static_cast<double>(task.attempt), seconds,
                       task.progress},
          .progress = hasProgress ? task.progress : -1,
          .subject = {.id = task.id, .name = task.name, .state = ListedState::Leased, .instance = instance}};
}

Row failureRow(const ListedTask& task, Time now) {
  return {
      .key = task.id,
      .cells = {task.id, orDash(task.name), relativeTimeText(task.time, now), dateAndTimeText(task.time),
                failureCause(task), task.reason},
      .sortKeys = {task.id, task.name, timeSortKey(task.time), timeSortKey(task.time), failureCause(task), task.reason},
      .style = Style::Red,
      .subject = {.id = task.id, .name = task.name, .state = ListedState::Failed}};
}

Style styleOf(const InstanceView& instance) {
  if (!instance.hasCard) return Style::Red;
  return instance.shownState() == "running" ? Style::Plain : Style::Yellow;
}

Row instanceRow(const InstanceView& instance, Time now) {
  const auto busy = instance.hasCard ? instance.runningTasks : static_cast<std::size_t>(instance.leased);
  std::string brokers;
  for (const auto& broker : instance.brokers) brokers += (brokers.empty() ? "" : " ") + broker;
  const auto state = instance.hasCard ? instance.shownState() : std::string("no card");
  const auto uptime = instance.since == Time() ? Duration::zero() : now - instance.since;
  return {.key = instance.instance,
          .cells = {instanceLabel(instance), orDash(instance.version), state,
                    instance.since == Time() ? "-" : base::durationText(uptime),
                    fmt::format("{}/{}", busy, instance.workers), std::to_string(instance.done),
                    std::to_string(instance.failed), relativeTimeText(instance.lastSeen, now), brokers},
          .sortKeys = {instanceLabel(instance), instance.version, state, std::chrono::duration<double>(uptime).count(),
                       static_cast<double>(busy), static_cast<double>(instance.done),
                       static_cast<double>(instance.failed), timeSortKey(instance.lastSeen), brokers},
          .style = styleOf(instance),
          .subject = {.instance = instance}};
}

Row taskRow(const ListedTask& task, Time now) {
  const bool isBad = task.state == ListedState::Buried || task.state == ListedState::Failed;
  return {.key = task.id,
          .cells = {task.id, orDash(task.name), std::string(nameOf(task.state)), relativeTimeText(task.time, now),
                    dateAndTimeText(task.time), std::to_string(task.attempts), task.reason},
          .sortKeys = {task.id, task.name, std::string(nameOf(task.state)), timeSortKey(task.time),
                       timeSortKey(task.time), static_cast<double>(task.attempts), task.reason},
          .style = isBad ? Style::Red : Style::Plain,
          .subject = {.id = task.id, .name = task.name, .state = task.state}};
}

std::vector<Row> allRows(PaneKind pane, const Snapshot& snapshot) {
  std::vector<Row> rows;
  const auto now = snapshot.now;
  switch (pane) {
    case PaneKind::Queues:
      for (const auto& queue : snapshot.queues) rows.push_back(queueRow(queue, snapshot));
      break;
    case PaneKind::Running:
      for (const auto& instance : snapshot.instances) {
        for (const auto& task : instance.running) rows.push_back(runningRow(task, instance, now));
      }
      break;
    case PaneKind::Failures:
      for (const auto& task : snapshot.failures) rows.push_back(failureRow(task, now));
      break;
    case PaneKind::Instances:
      for (const auto& instance : snapshot.instances) rows.push_back(instanceRow(instance, now));
      break;
    case PaneKind::Tasks:
      for (const auto& task : snapshot.rows.tasks) rows.push_back(taskRow(task, now));
      break;
  }
  return rows;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool matches(const Row& row, const std::string& filter) {
  return std::ranges::any_of(row.cells,
                             [&](const std::string& cell) { return lower(cell).find(filter) != std::string::npos; });
}

void sort(std::vector<Row>& rows, const PaneState& state) {
  if (state.sortedBy < 0) return;
  const auto column = static_cast<std::size_t>(state.sortedBy);
  const auto comesFirst = [&](const Row& a, const Row& b) {
    const bool isNumber = std::holds_alternative<double>(a.sortKeys[column]);
    return isNumber != state.isReversed ? a.sortKeys[column] > b.sortKeys[column]
                                        : a.sortKeys[column] < b.sortKeys[column];
  };
  std::ranges::stable_sort(rows, comesFirst);
}

}  // namespace

std::vector<Row> rowsOf(PaneKind pane, const Snapshot& snapshot, const PaneState& state) {
  auto rows = allRows(pane, snapshot);
  if (!state.filter.empty()) {
    const auto filter = lower(state.filter);
    std::erase_if(rows, [&](const Row& row) { return !matches(row, filter); });
  }
  sort(rows, state);
  return rows;
}

}  // namespace leptir::top
