#include "cli/table.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <numeric>
#include <utility>

#include "base/escape.h"
#include "base/text_width.h"

namespace leptir::cli {
namespace {

constexpr std::string_view kGap = "  ";

// Which columns are shown, and how wide.
class Layout {
 public:
  // `isEmpty`: one for each column.
  Layout(const std::vector<Column>& columns, std::vector<std::size_t> natural, const std::vector<bool>& isEmpty,
         std::size_t limit)
      : columns_(columns),
        naturalWidths_(std::move(natural)),
        isEmpty_(isEmpty),
        widths_(naturalWidths_),
        shown_(columns.size()) {
    std::iota(shown_.begin(), shown_.end(), 0);
    if (limit == 0) return;
    while (total() > limit && narrowOneStep()) {
    }
    if (total() > limit) widths_[shown_.front()] = limit;
    growUpTo(limit);
  }

  const std::vector<std::size_t>& widths() const { return widths_; }
  const std::vector<std::size_t>& shown() const { return shown_; }

 private:
  static constexpr std::size_t kMinReadableWidth = 4;  // "abc…"

  bool narrowOneStep() {
    return leaveOneOut(Which::Empty) || shrinkWidest(&Column::leastWidth) || leaveOneOut(Which::Any) ||
           shrinkWidestWhileReadable() || leaveLastOut();
  }

  std::size_t total() const {
    std::size_t sum = shown_.empty() ? 0 : (shown_.size() - 1) * kGap.size();
    for (const auto column : shown_) sum += widths_[column];
    return sum;
  }

  bool shrinkWidest(const std::function<std::size_t(const Column&)>& leastOf) {
    const auto canShrink = [&](std::size_t column) {
      const auto least = leastOf(columns_[column]);
      return least > 0 && widths_[column] > least;
    };
    std::size_t widest = columns_.size();
    for (const auto column : shown_) {
      if (canShrink(column) && (widest == columns_.size() || widths_[column] > widths_[widest])) widest = column;
    }
    if (widest == columns_.size()) return false;
    --widths_[widest];
    return true;
  }

  // A number that is cut would be taken for another one.
  bool shrinkWidestWhileReadable() {
    return shrinkWidest(
        [](const Column& column) { return column.align == Column::Align::Left ? kMinReadableWidth : std::size_t{0}; });
  }

  enum class Which { Empty, Any };
  bool leaveOneOut(Which which) {
    const auto rankOf = [&](std::size_t column) {
      return which == Which::Empty && !isEmpty_[column] ? 0 : columns_[column].leaveOutRank;
    };
    const auto first = std::ranges::max_element(shown_, {}, rankOf);
    if (first == shown_.end() || rankOf(*first) == 0) return false;
    shown_.erase(first);
    return true;
  }

  bool leaveLastOut() {
    if (shown_.size() < 2) return false;
    shown_.pop_back();
    return true;
  }

  // Leaving a column out may have made room for cells that were cut before.
  void growUpTo(std::size_t limit) {
    for (const auto column : shown_) {
      const auto left = limit - std::min(limit, total());
      widths_[column] += std::min(left, naturalWidths_[column] - std::min(naturalWidths_[column], widths_[column]));
    }
  }

  const std::vector<Column>& columns_;
  const std::vector<std::size_t> naturalWidths_;
  const std::vector<bool>& isEmpty_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> shown_;
};

}  // namespace

Cell::Cell(std::string content, Colour ofText) : text(base::escaped(content)), colour(ofText) {}

std::vector<std::size_t> Table::naturalWidths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto width = base::textWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, base::textWidth(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

// Whether no row says anything in this column; of a table without rows no column is.
bool Table::isEmpty(std::size_t column) const {
  return !rows_.empty() && std::ranges::all_of(rows_, [column](const std::vector<Cell>& row) {
    return row[column].text.empty() || row[column].text == "-";
  });
}

std::vector<std::string> Table::lines(const Terminal& terminal) const {
  std::vector<bool> empty;
  for (std::size_t i = 0; i < columns_.size(); ++i) empty.push_back(isEmpty(i));
  const Layout layout(columns_, naturalWidths(), empty, terminal.width);
  std::vector<Cell> titles;
  for (const auto& column : columns_) titles.emplace_back(column.title, Colour::Bold);
  std::vector<std::string> lines{line(titles, layout.widths(), layout.shown(), terminal)};
  for (const auto& row : rows_) lines.push_back(line(row, layout.widths(), layout.shown(), terminal));
  return lines;
}

// Blanks stand outside of colours, and none at the end of a line.
std::string Table::line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                        const std::vector<std::size_t>& shown, const Terminal& terminal) const {
  std::string line;
  for (const auto column : shown) {
    if (column != shown.front()) line += kGap;
    const auto text = base::ellipsizeToWidth(row[column].text, widths[column]);
    const std::string blanks(widths[column] - std::min(widths[column], base::textWidth(text)), ' ');
    const auto cell = terminal.hasColours && !text.empty() ? coloured(text, row[column].colour) : text;
    line += columns_[column].align == Column::Align::Right ? blanks + cell : cell + blanks;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

void Table::print() const {
  for (const auto& line : lines(terminalOf(STDOUT_FILENO))) std::cout << line << '\n';
}

}  // namespace leptir::cli
