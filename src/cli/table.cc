#include "cli/table.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <utility>

#include "base/escape.h"

namespace leptir::cli {
namespace {

constexpr std::string_view kGap = "  ";

bool beginsCharacter(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

// Which columns are shown, and how wide.
class Layout {
 public:
  Layout(const std::vector<Column>& columns, std::vector<std::size_t> widths, std::size_t limit)
      : columns_(columns), widths_(std::move(widths)), limit_(limit), shown_(columns.size()) {
    std::iota(shown_.begin(), shown_.end(), 0);
    if (limit_ == 0) return;
    while (total() > limit_ && (shrinkWidest() || leaveOneOut())) {
    }
  }

  const std::vector<std::size_t>& widths() const { return widths_; }
  const std::vector<std::size_t>& shown() const { return shown_; }

 private:
  std::size_t total() const {
    std::size_t sum = shown_.empty() ? 0 : (shown_.size() - 1) * kGap.size();
    for (const auto column : shown_) sum += widths_[column];
    return sum;
  }

  bool canShrink(std::size_t column) const {
    return columns_[column].leastWidth > 0 && widths_[column] > columns_[column].leastWidth;
  }

  bool shrinkWidest() {
    std::size_t widest = columns_.size();
    for (const auto column : shown_) {
      if (canShrink(column) && (widest == columns_.size() || widths_[column] > widths_[widest])) widest = column;
    }
    if (widest == columns_.size()) return false;
    --widths_[widest];
    return true;
  }

  bool leaveOneOut() {
    const auto first =
        std::ranges::max_element(shown_, {}, [this](std::size_t column) { return columns_[column].leftOutFirst; });
    if (first == shown_.end() || columns_[*first].leftOutFirst == 0) return false;
    shown_.erase(first);
    return true;
  }

  const std::vector<Column>& columns_;
  std::vector<std::size_t> widths_;
  const std::size_t limit_;
  std::vector<std::size_t> shown_;
};

}  // namespace

std::size_t displayWidth(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, beginsCharacter));
}

std::string cutTo(const std::string& text, std::size_t width) {
  if (displayWidth(text) <= width) return text;
  std::size_t characters = 0, end = 0;
  for (; end < text.size(); ++end) {
    if (!beginsCharacter(text[end])) continue;
    if (characters++ == std::max<std::size_t>(width, 1) - 1) break;
  }
  return text.substr(0, end) + "…";
}

Cell::Cell(std::string content, Colour ofText) : text(base::escaped(content)), colour(ofText) {}

std::vector<std::size_t> Table::naturalWidths() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto width = displayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, displayWidth(row[i].text));
    widths.push_back(width);
  }
  return widths;
}

std::vector<std::string> Table::lines(const Terminal& terminal) const {
  const Layout layout(columns_, naturalWidths(), terminal.width);
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
    const auto text = cutTo(row[column].text, widths[column]);
    const std::string blanks(widths[column] - displayWidth(text), ' ');
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
