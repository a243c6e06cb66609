// A key that the operator pressed.
#pragma once

#include <string>

namespace leptir::top {

struct KeyPress {
  enum class Key {
    Text,  // a character, in `text`
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
    Redraw,  // Ctrl-L
    Other,
  };
  Key key = Key::Other;
  std::string text{};  // UTF-8
};

}  // namespace leptir::top
