// A table for people. On a terminal no line is wider than that: columns without any content are left out first, then
// long cells are cut at their ends ("…"), then columns are left out. Elsewhere nothing is cut or left out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/terminal.h"

namespace leptir::cli {

struct Column {
  enum class Align { Left, Right };
  std::string title{};
  Align align = Align::Left;
  // In a terminal that is too narrow, columns with the largest number are left out first; 0: only a very narrow
  // terminal leaves it out.
  int leaveOutRank = 0;
  // Before that, the column is cut to this width at least; 0: not cut.
  std::size_t leastWidth = 0;
};

struct Cell {
  Cell(std::string content, Colour ofText = Colour::None);   // NOLINT(google-explicit-constructor): a text is a cell
  Cell(const char* content) : Cell(std::string(content)) {}  // NOLINT(google-explicit-constructor)

  std::string text;  // control characters are escaped
  Colour colour;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }  // one cell for each column
  std::size_t rows() const { return rows_.size(); }
  // The title line and a line for each row, without line ends.
  std::vector<std::string> lines(const Terminal& terminal) const;
  // Writes the lines to stdout, for the terminal that it is.
  void print() const;

 private:
  std::vector<std::size_t> naturalWidths() const;
  bool isEmpty(std::size_t column) const;
  std::string line(const std::vector<Cell>& row, const std::vector<std::size_t>& widths,
                   const std::vector<std::size_t>& shown, const Terminal& terminal) const;

  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

// For a column of task ids: the beginning up to the microsecond in which an id was made, and "…". Commands take it.
inline constexpr std::size_t kMinIdWidth = 19;

}  // namespace leptir::cli
