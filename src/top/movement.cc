#include "top/movement.h"

#include <algorithm>

namespace leptir::top {
namespace {

using Key = KeyPress::Key;

constexpr std::size_t kRowsPerPageKey = 10;

// A position from 0 to `last`.
std::size_t positionAfter(Key key, std::size_t from, std::size_t last) {
  switch (key) {
    case Key::Up:
      return from - std::min<std::size_t>(from, 1);
    case Key::Down:
      return std::min(from + 1, last);
    case Key::PageUp:
      return from - std::min(from, kRowsPerPageKey);
    case Key::PageDown:
      return std::min(from + kRowsPerPageKey, last);
    case Key::Home:
      return 0;
    case Key::End:
      return last;
    default:
      return from;
  }
}

}  // namespace

void move(Ui& ui, const Snapshot& snapshot, Size size, KeyPress::Key key) {
  const auto pane = ui.activePane();
  if (!pane) {
    ui.textLine = positionAfter(key, ui.textLine, textPageLines(ui, snapshot, size).size());
    ui.isAtEndOfLog = false;  // adjustUi() finds out
    return;
  }
  auto& state = ui.stateOf(*pane);
  const auto rows = rowsOf(*pane, snapshot, state);
  if (rows.empty()) return;
  state.index = positionAfter(key, state.index, rows.size() - 1);
  state.selected = rows[state.index].key;
}

}  // namespace leptir::top
