// The rows of a pane: which there are, in which order, and what they are about.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "top/screen.h"
#include "top/snapshot.h"

namespace leptir::top {

enum class PaneKind { Queues, Running, Failures, Instances, Tasks };
inline constexpr std::size_t kPaneCount = 5;

struct Column {
  std::string title{};
  std::size_t width = 0;  // columns of the screen
  Align align = Align::Left;
  std::size_t minWidth = 0;  // a narrow screen cuts it down to this; 0: never cut
  bool grows = false;        // takes columns that are left over
  std::size_t maxWidth = 0;  // of a column that grows: a wide screen first widens it to this; 0: no limit
  int leaveOutRank = 0;      // where even that is too wide, columns with the largest number are left out; 0: never
};
const std::vector<Column>& columnsOf(PaneKind pane);

// What the keys act on.
struct Subject {
  std::string id{}, name{};            // of a task
  std::optional<ListedState> state{};  // of the task, when its row was shown
  std::string broker{};                // of a queue
  InstanceView instance{};
};

struct Row {
  std::string key{};                                          // names the row in later snapshots
  std::vector<std::string> cells{};                           // one for each column; any text
  std::vector<std::variant<double, std::string>> sortKeys{};  // what each column is sorted by
  double progress = -1;  // 0 to 1: a bar stands in front of the last cell; below 0: none
  Style style = Style::Plain;
  Subject subject{};
};

// How a pane is sorted, filtered and scrolled.
struct PaneState {
  std::string filter{};     // only rows of which a cell or the whole id contains it; letter case does not count
  int sortedBy = -1;        // a column; -1: as the stores tell it
  bool isReversed = false;  // otherwise numbers fall, and texts rise
  std::string selected{};   // the key of a row
  std::size_t index = 0;    // of that row
  std::size_t first = 0;    // the first row that the screen shows
};

// All rows that the filter lets through, in the order of the state.
std::vector<Row> rowsOf(PaneKind pane, const Snapshot& snapshot, const PaneState& state);

// How wide each column is on a screen; 0: it is left out.
std::vector<std::size_t> columnWidths(const std::vector<Column>& columns, std::size_t screen);
inline constexpr std::size_t kGapOfColumns = 2;

}  // namespace leptir::top
