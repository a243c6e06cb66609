// Which columns the panes have, and how wide they are.
#include <algorithm>
#include <utility>

#include "top/rows.h"

namespace leptir::top {
namespace {

constexpr std::size_t kMaxIdWidth = 36;  // of an id that leptir makes
constexpr std::size_t kMaxNameWidth = 24;

std::size_t totalWidth(const std::vector<std::size_t>& widths) {
  std::size_t total = 0;
  for (const auto width : widths) total += width == 0 ? 0 : width + (total == 0 ? 0 : kGapOfColumns);
  return total;
}

bool shrinkWidest(const std::vector<Column>& columns, std::vector<std::size_t>& widths) {
  std::size_t widest = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool canShrink = columns[i].minWidth > 0 && widths[i] > columns[i].minWidth;
    if (canShrink && (widest == columns.size() || widths[i] > widths[widest])) widest = i;
  }
  if (widest == columns.size()) return false;
  --widths[widest];
  return true;
}

bool leaveOneOut(const std::vector<Column>& columns, std::vector<std::size_t>& widths) {
  std::size_t first = columns.size();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0 || columns[i].leaveOutRank == 0) continue;
    if (first == columns.size() || columns[i].leaveOutRank > columns[first].leaveOutRank) first = i;
  }
  if (first == columns.size()) return false;
  widths[first] = 0;
  return true;
}

// Fills the columns that need no more than `maxWidth`, where a third of what is left remains for the others.
void growToMaxWidth(std::size_t left, const std::vector<Column>& columns, std::vector<std::size_t>& widths) {
  std::size_t wanted = 0;
  std::vector<std::size_t> filled = widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (widths[i] == 0 || columns[i].maxWidth <= widths[i]) continue;
    wanted += columns[i].maxWidth - widths[i];
    filled[i] = columns[i].maxWidth;
  }
  if (wanted <= left * 2 / 3) widths = std::move(filled);
}

// The columns that can grow share what is left.
void widenColumnsTo(std::size_t screen, const std::vector<Column>& columns, std::vector<std::size_t>& widths) {
  const auto leftNow = [&] { return screen - std::min(screen, totalWidth(widths)); };
  growToMaxWidth(leftNow(), columns, widths);
  std::vector<std::size_t> growing;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool isFull = columns[i].maxWidth > 0 && widths[i] >= columns[i].maxWidth;
    if (columns[i].grows && widths[i] > 0 && !isFull) growing.push_back(i);
  }
  if (growing.empty()) return;
  const auto left = leftNow();
  for (const auto column : growing) widths[column] += left / growing.size();
  widths[growing.back()] += left % growing.size();
}

}  // namespace

const std::vector<Column>& columnsOf(PaneKind pane) {
  using enum Align;
  static const std::array<std::vector<Column>, kPaneCount> kColumns{{
      {{.title = "queue", .width = 10, .minWidth = 8, .grows = true},
       {.title = "due", .width = 9, .align = Right},
       {.title = "growth", .width = 8, .align = Right, .leaveOutRank = 2},
       {.title = "oldest due", .width = 11, .align = Right, .leaveOutRank = 1},
       {.title = "scheduled", .width = 9, .align = Right, .leaveOutRank = 4},
       {.title = "leased", .width = 6, .align = Right, .leaveOutRank = 3},
       {.title = "buried", .width = 7, .align = Right},
       {.title = "paused", .width = 6, .minWidth = 4, .grows = true, .leaveOutRank = 5}},
      {{.title = "running", .width = 13, .minWidth = 8, .grows = true, .maxWidth = kMaxIdWidth},
       {.title = "name", .width = 14, .minWidth = 8, .grows = true, .maxWidth = kMaxNameWidth},
       {.title = "instance", .width = 14, .minWidth = 8, .grows = true, .maxWidth = kMaxNameWidth, .leaveOutRank = 2},
       {.title = "try", .width = 3, .align = Right, .leaveOutRank = 3},
       {.title = "for", .width = 11, .align = Right},
       {.title = "progress", .width = 14, .minWidth = 8, .grows = true, .leaveOutRank = 1}},
      {{.title = "failed", .width = 13, .minWidth = 8, .grows = true, .maxWidth = kMaxIdWidth},
       {.title = "name", .width = 14, .minWidth = 8, .grows = true, .maxWidth = kMaxNameWidth},
       {.title = "when", .width = 10, .align = Right},
       {.title = "when (UTC)", .width = 19, .leaveOutRank = 2},
       {.title = "cause", .width = 9, .minWidth = 5},
       {.title = "response", .width = 24, .minWidth = 8, .grows = true, .leaveOutRank = 1}},
      {{.title = "instance", .width = 20, .minWidth = 10, .grows = true},
       {.title = "version", .width = 8, .leaveOutRank = 4},
       {.title = "state", .width = 8},
       {.title = "for", .width = 11, .align = Right, .leaveOutRank = 3},
       {.title = "busy", .width = 7, .align = Right},
       {.title = "done", .width = 9, .align = Right, .leaveOutRank = 2},
       {.title = "failed", .width = 7, .align = Right, .leaveOutRank = 1},
       {.title = "last seen", .width = 10, .align = Right, .leaveOutRank = 5},
       {.title = "brokers", .width = 10, .minWidth = 6, .grows = true, .leaveOutRank = 6}},
      {{.title = "task", .width = 13, .minWidth = 8, .grows = true, .maxWidth = kMaxIdWidth},
       {.title = "name", .width = 14, .minWidth = 8, .grows = true, .maxWidth = kMaxNameWidth},
       {.title = "state", .width = 9, .leaveOutRank = 3},
       {.title = "when", .width = 10, .align = Right},
       {.title = "when (UTC)", .width = 19, .leaveOutRank = 4},
       {.title = "tries", .width = 5, .align = Right, .leaveOutRank = 2},
       {.title = "reason", .width = 24, .minWidth = 8, .grows = true, .leaveOutRank = 1}},
  }};
  return kColumns[static_cast<std::size_t>(pane)];
}

std::vector<std::size_t> columnWidths(const std::vector<Column>& columns, std::size_t screen) {
  std::vector<std::size_t> widths;
  for (const auto& column : columns) widths.push_back(column.width);
  while (totalWidth(widths) > screen && (leaveOneOut(columns, widths) || shrinkWidest(columns, widths))) {
  }
  widenColumnsTo(screen, columns, widths);
  return widths;
}

}  // namespace leptir::top
