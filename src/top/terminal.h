// The terminal, by ncurses: the only source that includes it is terminal.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "leptir/result.h"
#include "top/keys.h"
#include "top/screen.h"
#include "top/terminal_signals.h"

namespace leptir::top {

// Used by one thread.
class Terminal {
 public:
  // Takes over the terminal of stdin and stdout: raw keys, the alternate screen, no cursor. Sets LC_CTYPE to the locale
  // of the environment. Invalid: stdin or stdout is no terminal, or its type (TERM) is unknown or cannot move the
  // cursor.
  static Result<std::unique_ptr<Terminal>> open(TerminalSignals& signals);
  // Gives the terminal back as it was.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  Size size() const;
  Encoding encoding() const { return encoding_; }
  void draw(const Screen& screen);
  // The next draw() writes every cell.
  void invalidate();
  // The next key that has arrived; nullopt: none.
  std::optional<KeyPress> read();
  // Takes over the size that the terminal has now.
  void resize();
  // Gives the terminal back; the next draw() takes it over again.
  void restore();

 private:
  Terminal(TerminalSignals& signals, Encoding encoding, bool hasColours);

  TerminalSignals& signals_;
  const Encoding encoding_;
  const bool hasColours_;
};

}  // namespace leptir::top
