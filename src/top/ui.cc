#include "top/ui.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/duration_text.h"
#include "top/help.h"
#include "top/times.h"

namespace leptir::top {
namespace {

constexpr auto kNoAnswerReportedAfter = std::chrono::seconds(3);  // a store that takes longer is named
constexpr std::size_t kMaxProblems = 2;
constexpr std::size_t kMinRowsForPanes = 12;  // a screen with fewer has one pane, and one line above and below it
constexpr std::size_t kMinRowsOfPane = 3;

// The queues get what they need, up to a quarter; the other two panes share the rest.
std::vector<Layout::Area> overviewAreas(const Ui& ui, const Snapshot& snapshot, std::size_t top, std::size_t rows) {
  if (rows < 3 * kMinRowsOfPane) return {{ui.overviewPane, top, rows}};
  const auto most = std::max<std::size_t>(kMinRowsOfPane, rows / 4);
  const auto queues = std::clamp<std::size_t>(snapshot.queues.size() + 1, 2, most);
  const auto running = (rows - queues + 1) / 2;
  return {{PaneKind::Queues, top, queues},
          {PaneKind::Running, top + queues, running},
          {PaneKind::Failures, top + queues + running, rows - queues - running}};
}

void adjustPane(PaneState& state, const std::vector<Row>& rows, std::size_t shown) {
  const auto found = std::ranges::find(rows, state.selected, &Row::key);
  if (found != rows.end()) state.index = static_cast<std::size_t>(found - rows.begin());
  state.index = std::min(state.index, rows.empty() ? 0 : rows.size() - 1);
  state.selected = rows.empty() ? "" : rows[state.index].key;
  if (state.index < state.first) state.first = state.index;
  if (shown > 0 && state.index >= state.first + shown) state.first = state.index - shown + 1;
  state.first = std::min(state.first, rows.size() - std::min(rows.size(), shown));
}

std::string problemOf(const StoreAnswer& answer, Time now) {
  if (answer.asked && now - *answer.asked >= kNoAnswerReportedAfter)
    return fmt::format("{}: no answer for {}", answer.store, base::durationText(now - *answer.asked));
  if (answer.error.empty()) return {};
  const auto age = answer.answered ? relativeTimeText(*answer.answered, now) + ", " : std::string();
  return age + (answer.error.starts_with("broker ") ? answer.error : fmt::format("{}: {}", answer.store, answer.error));
}

std::vector<std::string> linesIn(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

std::vector<std::string> wrapped(const std::vector<std::string>& lines, std::size_t width, Encoding encoding) {
  std::vector<std::string> parts;
  for (const auto& line : lines) {
    for (auto& part : wrapToWidth(displayable(line, encoding), width)) parts.push_back(std::move(part));
  }
  return parts;
}

std::vector<std::string> taskText(const TaskText& text) {
  if (!text.error.empty()) return {text.error};
  if (!text.answeredAt) return {"asking the stores"};
  return linesIn(text.text);
}

// The help begins with what the lines of other pages may have cut.
std::vector<std::string> helpText(const Snapshot& snapshot) {
  auto messages = problemsOf(snapshot);
  if (snapshot.news)
    messages.push_back(fmt::format("{}: {}", relativeTimeText(snapshot.news->at, snapshot.now), snapshot.news->text));
  std::vector<std::string> lines;
  if (!messages.empty()) lines.push_back("Messages");
  for (const auto& message : messages) lines.push_back("  " + message);
  if (!messages.empty()) lines.emplace_back();
  for (auto& line : helpLines()) lines.push_back(std::move(line));
  return lines;
}

// The first line that is shown goes along with a growing log only while the end of the log is shown.
void adjustTextPosition(Ui& ui, const Snapshot& snapshot, std::size_t lines, std::size_t shown) {
  const auto last = lines - std::min(lines, shown);
  const bool isLog = ui.page == Page::Text && ui.aspect == TaskAspect::Log && snapshot.text.answeredAt;
  if (isLog && ui.isAtEndOfLog) ui.textLine = last;
  ui.textLine = std::min(ui.textLine, last);
  ui.isAtEndOfLog = isLog && ui.textLine == last;
}

void expireNotice(Ui& ui, Time now) {
  constexpr auto kShownFor = std::chrono::seconds(10);
  if (!ui.notice.empty() && !ui.noticeShownSince) ui.noticeShownSince = now;
  if (ui.noticeShownSince && now - *ui.noticeShownSince >= kShownFor) ui.notice.clear();
  if (ui.notice.empty()) ui.noticeShownSince.reset();
}

}  // namespace

std::optional<PaneKind> Ui::activePane() const {
  switch (page) {
    case Page::Overview:
      return overviewPane;
    case Page::Instances:
      return PaneKind::Instances;
    case Page::Tasks:
      return PaneKind::Tasks;
    default:
      return std::nullopt;
  }
}

std::vector<std::string> problemsOf(const Snapshot& snapshot) {
  std::vector<std::string> problems;
  for (const auto& answer : snapshot.answers) {
    if (auto problem = problemOf(answer, snapshot.now); !problem.empty()) problems.push_back(std::move(problem));
  }
  return problems;
}

Layout layoutOf(const Ui& ui, const Snapshot& snapshot, Size size) {
  const bool isSmall = size.rows < kMinRowsForPanes;
  const auto problems = std::min(problemsOf(snapshot).size(), isSmall ? 1 : kMaxProblems);
  Layout layout{.header = (isSmall ? 1 : 2) + problems, .footer = isSmall ? 1u : 2u};
  layout.body = size.rows - std::min(size.rows, layout.header + layout.footer);
  if (ui.page == Page::Overview)
    layout.panes = overviewAreas(ui, snapshot, layout.header, layout.body);
  else if (const auto pane = ui.activePane())
    layout.panes = {{*pane, layout.header, layout.body}};
  return layout;
}

void adjustUi(Ui& ui, const Snapshot& snapshot, Size size) {
  expireNotice(ui, snapshot.now);
  const auto layout = layoutOf(ui, snapshot, size);
  for (const auto& area : layout.panes) {
    auto& state = ui.stateOf(area.pane);
    adjustPane(state, rowsOf(area.pane, snapshot, state), area.rows - std::min<std::size_t>(area.rows, 1));
  }
  if (!layout.panes.empty()) return;
  adjustTextPosition(ui, snapshot, textPageLines(ui, snapshot, size).size(),
                     layout.body - std::min<std::size_t>(layout.body, 1));
}

std::optional<Subject> subjectOf(const Ui& ui, const Snapshot& snapshot) {
  if (ui.page == Page::Text) return ui.task;
  const auto pane = ui.activePane();
  if (!pane) return std::nullopt;
  const auto& state = ui.stateOf(*pane);
  auto rows = rowsOf(*pane, snapshot, state);
  const auto found = std::ranges::find(rows, state.selected, &Row::key);
  if (found == rows.end()) return std::nullopt;
  return std::move(found->subject);
}

std::vector<std::string> textPageLines(const Ui& ui, const Snapshot& snapshot, Size size) {
  return wrapped(ui.page == Page::Help ? helpText(snapshot) : taskText(snapshot.text), size.columns, ui.encoding);
}

}  // namespace leptir::top
