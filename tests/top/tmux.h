// For tests: a terminal of a given size, kept by a tmux of its own, in which a shell runs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace leptir {

class Tmux {
 public:
  // Whether tmux is installed.
  static bool isThere();

  // Starts a shell in a terminal of so many columns and rows, with these lines in front: "export X=y".
  Tmux(int columns, int rows, const std::vector<std::string>& environment = {});
  ~Tmux();
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  // Types a text; then Enter, if it is a command for the shell.
  void type(const std::string& text);
  void command(const std::string& text);
  // Presses a key by the name that tmux has for it: Enter, Escape, Tab, BTab, Up, C-c.
  void press(const std::string& key);
  void resize(int columns, int rows);

  std::string screen() const;  // what stands there, line by line
  std::vector<std::string> lines() const;
  bool isOnAlternateScreen() const;
  // Polls the screen until it contains the text, or until it does not; false after a minute.
  bool waitFor(const std::string& text) const;
  bool waitUntilGone(const std::string& text) const;
  // Closes the terminal, as a lost connection does.
  void close();

 private:
  std::string run(const std::vector<std::string>& arguments) const;

  TempDir folder_;
};

}  // namespace leptir
