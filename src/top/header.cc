#include "top/header.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration_text.h"
#include "top/sparkline.h"
#include "top/times.h"

namespace leptir::top {
namespace {

struct Totals {
  std::uint64_t due = 0, buried = 0;
  std::optional<Duration> oldest{};
  std::size_t busy = 0, workers = 0, instancesWithoutCard = 0;
};

Totals totalsOf(const Snapshot& snapshot) {
  Totals totals;
  for (const auto& queue : snapshot.queues) {
    if (queue.counts) {
      totals.due += queue.counts->due;
      totals.buried += queue.counts->buried;
    }
    if (queue.oldestDue) totals.oldest = std::max(totals.oldest.value_or(Duration::zero()), *queue.oldestDue);
  }
  for (const auto& instance : snapshot.instances) {
    totals.workers += static_cast<std::size_t>(std::max(instance.workers, 0));
    totals.busy += instance.hasCard ? instance.runningTasks : 0;
    totals.instancesWithoutCard += instance.hasCard ? 0 : 1;
  }
  return totals;
}

std::string countText(std::size_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

Line fleetLine(const Ui& ui, const Snapshot& snapshot, Size size) {
  const auto totals = totalsOf(snapshot);
  Line line(size.columns, ui.encoding);
  line.add("leptir top", Style::Bold);
  if (ui.isFrozen) line.add(" FROZEN", Style::Yellow);
  line.add("  " + countText(snapshot.instances.size(), "instance"),
           snapshot.instances.empty() ? Style::Red : Style::Plain);
  if (totals.instancesWithoutCard > 0)
    line.add(fmt::format(" ({} without a card)", totals.instancesWithoutCard), Style::Red);
  line.add(fmt::format("  {}/{} busy", totals.busy, totals.workers));
  line.add(fmt::format("  {} due", totals.due));
  if (totals.oldest) line.add(", oldest " + roundedDurationText(*totals.oldest));
  if (totals.buried > 0) line.add(fmt::format("  {} buried", totals.buried), Style::Red);
  const auto clock = clockText(snapshot.now);
  if (line.columnsLeft() <= clock.size()) return line;
  return line.padUntilColumnsLeft(clock.size()).add(clock, Style::Faint);
}

std::string rateText(std::string_view what, const std::optional<Rates>& rates, double Rates::* which) {
  return rates ? fmt::format("{} {:.1f}/s ", what, (*rates).*which) : fmt::format("{} -/s ", what);
}

Line ratesLine(const Ui& ui, const Snapshot& snapshot, Size size) {
  constexpr std::size_t kMaxSparklineColumns = 60;
  const auto done = rateText("done", snapshot.rates, &Rates::done);
  const auto failed = rateText("  failed", snapshot.rates, &Rates::failed);
  const auto interval = "  every " + base::durationText(ui.interval);
  const auto texts = done.size() + failed.size() + interval.size();
  const auto columns = std::min(kMaxSparklineColumns, size.columns > texts ? (size.columns - texts) / 2 : 0);
  Line line(size.columns, ui.encoding);
  line.add(done).add(sparkline(snapshot.history.done, columns, ui.encoding), Style::Green);
  line.add(failed).add(sparkline(snapshot.history.failed, columns, ui.encoding), Style::Red);
  if (line.columnsLeft() > interval.size()) line.padUntilColumnsLeft(interval.size());
  return line.add(interval, Style::Faint);
}

std::string_view scopeHint(Scope scope) {
  switch (scope) {
    case Scope::SameName:
      return "  keys change all of the selected name";
    case Scope::List:
      return "  keys change ALL of these tasks";
    default:
      return {};
  }
}

Line titleOfTasks(const Ui& ui, Size size) {
  Line line(size.columns, ui.encoding);
  return line
      .add(fmt::format("{} tasks of {}, page {}", nameOf(ui.query.state),
                       ui.query.broker.empty() ? "all queues" : "queue " + ui.query.broker,
                       ui.earlierCursors.size() + 1),
           Style::Bold)
      .add(scopeHint(ui.scope), Style::Yellow);
}

using Keys = std::vector<std::pair<const char*, const char*>>;

// Which changes apply to tasks in this state. A task that was buried is among the failed ones, too.
Keys taskActionKeys(std::optional<ListedState> state) {
  if (!state) return {{"c", "cancel"}, {"r", "revive"}, {"d", "delete"}, {"n", "now"}, {"a", "again"}};
  switch (*state) {
    case ListedState::Due:
    case ListedState::Leased:
      return {{"c", "cancel"}};
    case ListedState::Scheduled:
      return {{"c", "cancel"}, {"n", "now"}};
    case ListedState::Buried:
      return {{"r", "revive"}, {"d", "delete"}, {"a", "again"}};
    case ListedState::Failed:
      return {{"a", "again"}, {"r", "revive"}};
    case ListedState::Done:
    case ListedState::Cancelled:
      return {{"a", "again"}};
  }
  return {};
}

Keys joined(Keys keys, const Keys& changes, const Keys& others) {
  keys.insert(keys.end(), changes.begin(), changes.end());
  keys.insert(keys.end(), others.begin(), others.end());
  return keys;
}

Keys keysOfTask(const Ui& ui) {
  auto keys = joined({{"?", "help"}, {"q", "quit"}, {"Esc", "back"}, {"l", "log"}}, {}, {});
  if (ui.task.state.value_or(ListedState::Leased) == ListedState::Leased) keys.emplace_back("t", "stack");
  return joined(std::move(keys), taskActionKeys(ui.task.state), {{"p", "pause"}});
}

// The keys of a page, the most useful first: a narrow screen cuts the others off.
Keys keysOf(const Ui& ui) {
  switch (ui.page) {
    case Page::Overview:
      if (ui.overviewPane == PaneKind::Queues)
        return {{"?", "help"},  {"q", "quit"},   {"Tab", "pane"}, {"Enter", "tasks"}, {"b", "buried"},
                {"p", "pause"}, {"/", "filter"}, {"s", "sort"},   {"i", "instances"}};
      if (ui.overviewPane == PaneKind::Running)
        return {{"?", "help"},  {"q", "quit"},   {"Tab", "pane"}, {"Enter", "look"}, {"c", "cancel"},
                {"p", "pause"}, {"/", "filter"}, {"s", "sort"},   {"i", "instances"}};
      return {{"?", "help"},  {"q", "quit"},  {"Tab", "pane"}, {"Enter", "look"}, {"r", "revive"},
              {"a", "again"}, {"p", "pause"}, {"/", "filter"}, {"s", "sort"},     {"i", "instances"}};
    case Page::Instances:
      return {{"?", "help"}, {"q", "quit"}, {"Esc", "back"}, {"D", "drain, resume"}, {"/", "filter"}, {"s", "sort"}};
    case Page::Tasks:
      return joined({{"?", "help"}, {"Esc", "back"}, {"Tab", "state"}, {"Enter", "look"}},
                    taskActionKeys(ui.query.state), {{"m", "many"}, {"< >", "page"}, {"p", "pause"}});
    case Page::Text:
      return keysOfTask(ui);
    case Page::Help:
      return {{"Esc", "back"}, {"q", "quit"}};
  }
  return {};
}

Line keysLine(const Ui& ui, Size size) {
  Line line(size.columns, ui.encoding);
  for (const auto& [key, meaning] : keysOf(ui)) {
    const auto width = std::string_view(key).size() + std::string_view(meaning).size() + 1;
    if (line.columnsLeft() < width) break;
    line.add(key, Style::Bold).add(std::string(" ") + meaning);
    if (line.columnsLeft() > 2) line.add("  ");
  }
  return line;
}

std::string filterText(const Ui& ui) {
  const auto pane = ui.activePane();
  const auto& filter = pane ? ui.stateOf(*pane).filter : std::string();
  return filter.empty() ? "" : fmt::format("only rows with '{}'; Esc shows all", filter);
}

Style styleOf(ActionNews::Kind kind) {
  switch (kind) {
    case ActionNews::Kind::Failed:
      return Style::Red;
    case ActionNews::Kind::Running:
      return Style::Yellow;
    default:
      return Style::Green;
  }
}

// The question about an action on many tasks has their number, once that is known.
std::string questionText(const Prompt& prompt, const Snapshot& snapshot) {
  if (prompt.countId == 0) return questionOf(prompt.action);
  const auto& count = snapshot.count;
  if (!count || count->countId != prompt.countId) return titleOf(prompt.action) + ": counting them;";
  if (!count->error.empty()) return count->error + ";";
  if (count->preview.count == 0) return titleOf(prompt.action) + ": there are none;";
  return titleOf(prompt.action, count->preview) + "?";
}

bool canBeAnswered(const Prompt& prompt, const Snapshot& snapshot) {
  return prompt.countId == 0 || questionText(prompt, snapshot).ends_with("?");
}

Line promptLine(const Ui& ui, const Snapshot& snapshot, Size size) {
  Line line(size.columns, ui.encoding);
  if (ui.prompt.kind == Prompt::Kind::Filter) {
    const auto pane = ui.activePane();
    line.add("show only rows with: ", Style::Yellow).add(pane ? ui.stateOf(*pane).filter : "").add("_");
  } else if (ui.prompt.kind == Prompt::Kind::ConfirmQuit) {
    line.add("An action is not done yet. Quit without waiting for it? y/n", Style::Yellow);
  } else {
    // The possible answers stay visible when the question is cut.
    const std::string_view answers = canBeAnswered(ui.prompt, snapshot) ? " y/n" : " any key: no";
    const auto room = size.columns - std::min(size.columns, answers.size());
    Line question(room, ui.encoding);
    line.add(question.add(questionText(ui.prompt, snapshot)).text(), Style::Yellow).add(answers, Style::Bold);
  }
  return line;
}

Line newsLine(const Ui& ui, const Snapshot& snapshot, Size size) {
  constexpr auto kShownFor = std::chrono::seconds(10), kErrorShownFor = std::chrono::seconds(30);
  Line line(size.columns, ui.encoding);
  if (ui.prompt.kind != Prompt::Kind::None) return promptLine(ui, snapshot, size);
  if (!ui.notice.empty()) return line.add(ui.notice, Style::Yellow);
  const auto& news = snapshot.news;
  const bool isRunning = news && news->kind == ActionNews::Kind::Running;
  if (isRunning && snapshot.now - news->at >= std::chrono::seconds(1))
    return line.add(fmt::format("{} after {}", news->text, base::durationText(snapshot.now - news->at)), Style::Yellow);
  const auto shownFor = news && news->kind == ActionNews::Kind::Failed ? kErrorShownFor : kShownFor;
  if (news && (isRunning || snapshot.now - news->at < shownFor)) return line.add(news->text, styleOf(news->kind));
  return line.add(filterText(ui), Style::Faint);
}

}  // namespace

void addHeader(Screen& screen, const Ui& ui, const Snapshot& snapshot, Size size, const Layout& layout) {
  screen.push_back(fleetLine(ui, snapshot, size));
  const auto problems = problemsOf(snapshot);
  const auto shown = std::min(problems.size(), layout.header - 1);
  if (layout.header - 1 > shown)
    screen.push_back(ui.page == Page::Tasks ? titleOfTasks(ui, size) : ratesLine(ui, snapshot, size));
  for (std::size_t i = 0; screen.size() < layout.header && i < problems.size(); ++i)
    screen.push_back(std::move(Line(size.columns, ui.encoding).add(problems[i], Style::Red)));
}

void addFooter(Screen& screen, const Ui& ui, const Snapshot& snapshot, Size size, const Layout& layout) {
  auto news = newsLine(ui, snapshot, size);
  if (layout.footer > 1 || news.columnsLeft() < size.columns) screen.push_back(std::move(news));
  if (layout.footer > 1 || screen.size() < size.rows) screen.push_back(keysLine(ui, size));
}

}  // namespace leptir::top
