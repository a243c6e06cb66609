#include "top/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "top/header.h"
#include "top/sparkline.h"

namespace leptir::top {
namespace {

constexpr std::size_t kMaxProgressBarWidth = 12;

class PaneDrawer {
 public:
  PaneDrawer(const Ui& ui, const Snapshot& snapshot, Size size, const Layout::Area& area)
      : ui_(ui),
        snapshot_(snapshot),
        size_(size),
        area_(area),
        state_(ui.stateOf(area.pane)),
        columns_(columnsOf(area.pane)),
        widths_(columnWidths(columns_, size.columns)),
        rows_(rowsOf(area.pane, snapshot, state_)) {}

  void draw(Screen& screen) const {
    if (area_.rows == 0) return;
    screen.push_back(heading());
    for (std::size_t i = 1; i < area_.rows; ++i) {
      const auto row = state_.first + i - 1;
      if (row < rows_.size())
        screen.push_back(lineOf(rows_[row]));
      else
        screen.push_back(i == 1 ? noRowsLine() : Line(size_.columns, ui_.encoding));
    }
  }

 private:
  bool isActive() const { return ui_.activePane() == area_.pane; }

  // The first title has the number of rows, and the title of the column that sorts has an arrow.
  std::string titleOf(std::size_t column) const {
    auto title = columns_[column].title;
    if (area_.pane == PaneKind::Tasks && title.starts_with("when")) title.replace(0, 4, wordForTime());
    if (column == 0 && area_.pane != PaneKind::Queues) title += fmt::format(" {}", rows_.size());
    if (state_.sortedBy != static_cast<int>(column)) return title;
    const bool isAscii = ui_.encoding == Encoding::Ascii;
    return title + (state_.isReversed ? (isAscii ? "^" : "↑") : (isAscii ? "v" : "↓"));
  }

  // What the time of a listed task is.
  std::string_view wordForTime() const { return isInQueue(ui_.query.state) ? "due" : "ended"; }

  Line heading() const {
    Line line(size_.columns, ui_.encoding);
    for (std::size_t i = 0; i < columns_.size(); ++i) addCell(line, i, titleOf(i), Style::Plain);
    return line.highlight(isActive() ? Style::Heading : Style::Bold);
  }

  Line lineOf(const Row& row) const {
    Line line(size_.columns, ui_.encoding);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const auto style = i == 0 ? row.style : Style::Plain;
      const bool hasBar = row.progress >= 0 && i + 1 == columns_.size();
      addCell(line, i, hasBar ? withBar(row, widths_[i]) : row.cells[i], style);
    }
    return isActive() && row.key == state_.selected ? line.highlight(Style::Selected) : line;
  }

  static std::string withBar(const Row& row, std::size_t width) {
    const auto bar = progressBar(row.progress, std::min(kMaxProgressBarWidth, width / 2));
    return bar + (bar.empty() ? "" : " ") + row.cells.back();
  }

  void addCell(Line& line, std::size_t column, const std::string& text, Style style) const {
    if (widths_[column] == 0) return;
    if (line.columnsLeft() < size_.columns) line.add(std::string(kGapOfColumns, ' '));
    line.addFitted(text, widths_[column], columns_[column].align, style);
  }

  Line noRowsLine() const {
    Line line(size_.columns, ui_.encoding);
    return line.add(noRowsText(), Style::Faint);
  }

  std::string noRowsText() const {
    if (!state_.filter.empty()) return "no row contains '" + state_.filter + "'";
    if (area_.pane == PaneKind::Tasks && !snapshot_.rows.error.empty()) return snapshot_.rows.error;
    const bool isAsking = area_.pane == PaneKind::Tasks
                              ? !snapshot_.rows.answeredAt
                              : std::ranges::none_of(snapshot_.answers, [](const StoreAnswer& answer) {
                                  return answer.answered.has_value();
                                });
    if (isAsking) return "asking the stores";
    switch (area_.pane) {
      case PaneKind::Queues:
        return "no queue is known yet";
      case PaneKind::Running:
        return "no task runs";
      case PaneKind::Failures:
        return "no failed task is known";
      case PaneKind::Instances:
        return "no instance runs";
      case PaneKind::Tasks:
        return "no task is in this state";
    }
    return {};
  }

  const Ui& ui_;
  const Snapshot& snapshot_;
  const Size size_;
  const Layout::Area area_;
  const PaneState& state_;
  const std::vector<Column>& columns_;
  const std::vector<std::size_t> widths_;
  const std::vector<Row> rows_;
};

std::string titleOfTask(const Ui& ui) {
  const auto* aspect = ui.aspect == TaskAspect::Log ? "log" : ui.aspect == TaskAspect::Stack ? "stack" : "record";
  return fmt::format("task {} {}: {}", ui.task.name.empty() ? "-" : ui.task.name, ui.task.id, aspect);
}

void drawText(Screen& screen, const Ui& ui, const Snapshot& snapshot, Size size, const Layout& layout) {
  if (layout.body == 0) return;
  const auto lines = textPageLines(ui, snapshot, size);
  const auto end = std::min(lines.size(), ui.textLine + layout.body - 1);
  auto title = ui.page == Page::Help ? std::string("help") : titleOfTask(ui);
  if (lines.size() >= layout.body) title += fmt::format("  (lines {}-{} of {})", ui.textLine + 1, end, lines.size());
  screen.push_back(std::move(Line(size.columns, ui.encoding).add(title).highlight(Style::Heading)));
  for (auto i = ui.textLine; i < end; ++i) screen.push_back(std::move(Line(size.columns, ui.encoding).add(lines[i])));
}

}  // namespace

Screen render(const Ui& ui, const Snapshot& snapshot, Size size) {
  const auto layout = layoutOf(ui, snapshot, size);
  Screen screen;
  addHeader(screen, ui, snapshot, size, layout);
  for (const auto& area : layout.panes) PaneDrawer(ui, snapshot, size, area).draw(screen);
  if (layout.panes.empty()) drawText(screen, ui, snapshot, size, layout);
  while (screen.size() + layout.footer < size.rows) screen.emplace_back(size.columns, ui.encoding);
  addFooter(screen, ui, snapshot, size, layout);
  while (screen.size() > size.rows) screen.pop_back();
  while (screen.size() < size.rows) screen.emplace_back(size.columns, ui.encoding);
  return screen;
}

}  // namespace leptir::top
