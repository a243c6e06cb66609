#include "top/terminal.h"

#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <clocale>
#include <cstdlib>

#include "base/escape.h"
// Includes ncurses without its macros, since some have names like `move` and `timeout`.
#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>

namespace leptir::top {
namespace {

constexpr int kMillisecondsForEscape = 50;  // a key may begin with the character of Esc; its rest comes within this
enum Pair : short { kRed = 1, kGreen, kYellow, kHeading };

std::string_view envVariable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// A capability of the terminal that is a text, without its padding ("$<5>").
std::string capability(const char* name) {
  const char* value = ::tigetstr(name);
  if (value == nullptr || value == reinterpret_cast<char*>(-1)) return {};
  std::string text = value;
  for (auto at = text.find("$<"); at != std::string::npos; at = text.find("$<", at)) {
    const auto end = text.find('>', at);
    text.erase(at, end == std::string::npos ? end : end - at + 1);
  }
  return text;
}

// What leaves the alternate screen, shows the cursor, and ends colours and the mode of the keypad.
std::string restoringSequence() {
  return capability("sgr0") + capability("cnorm") + capability("rmkx") + capability("rmcup");
}

Error noTerminal(std::string why) {
  return {ErrorCode::Invalid,
          std::move(why) +
              "; without such a terminal use 'leptir status --watch', or --json with queues, instances "
              "and tasks"};
}

Result<void> checkForTerminal() {
  if (::isatty(STDOUT_FILENO) == 0) return noTerminal("standard output is no terminal");
  if (::isatty(STDIN_FILENO) == 0) return noTerminal("standard input is no terminal, so no key can be read");
  const auto type = envVariable("TERM");
  if (type.empty()) return noTerminal("the variable TERM is not set, so the type of the terminal is not known");
  return {};
}

bool hasNoColor() {
  return !envVariable("NO_COLOR").empty();
}

bool startColours() {
  if (hasNoColor() || !::has_colors()) return false;
  ::start_color();
  ::use_default_colors();
  ::init_pair(kRed, COLOR_RED, -1);
  ::init_pair(kGreen, COLOR_GREEN, -1);
  ::init_pair(kYellow, COLOR_YELLOW, -1);
  ::init_pair(kHeading, COLOR_BLACK, COLOR_CYAN);
  return true;
}

attr_t attributesOf(Style style, bool hasColours) {
  const auto coloured = [&](Pair pair, attr_t otherwise) {
    return hasColours ? static_cast<attr_t>(COLOR_PAIR(pair)) : otherwise;
  };
  switch (style) {
    case Style::Faint:
      return A_DIM;
    case Style::Bold:
      return A_BOLD;
    case Style::Red:
      return coloured(kRed, A_BOLD);
    case Style::Green:
      return coloured(kGreen, A_NORMAL);
    case Style::Yellow:
      return coloured(kYellow, A_BOLD);
    case Style::Heading:
      return coloured(kHeading, A_REVERSE | A_BOLD);
    case Style::Selected:
      return A_REVERSE;
    default:
      return A_NORMAL;
  }
}

KeyPress::Key keyOfCode(wint_t code) {
  using Key = KeyPress::Key;
  switch (code) {
    case KEY_UP:
      return Key::Up;
    case KEY_DOWN:
      return Key::Down;
    case KEY_LEFT:
      return Key::Left;
    case KEY_RIGHT:
      return Key::Right;
    case KEY_PPAGE:
      return Key::PageUp;
    case KEY_NPAGE:
      return Key::PageDown;
    case KEY_HOME:
      return Key::Home;
    case KEY_END:
      return Key::End;
    case KEY_ENTER:
      return Key::Enter;
    case KEY_BTAB:
      return Key::BackTab;
    case KEY_BACKSPACE:
      return Key::Backspace;
    default:
      return Key::Other;
  }
}

KeyPress keyOfCharacter(wint_t character) {
  using Key = KeyPress::Key;
  switch (character) {
    case '\r':
    case '\n':
      return {Key::Enter};
    case '\t':
      return {Key::Tab};
    case 27:
      return {Key::Escape};
    case 8:
    case 127:
      return {Key::Backspace};
    case 12:
      return {Key::Redraw};
    default:
      break;
  }
  char bytes[MB_LEN_MAX];
  std::mbstate_t state{};
  const auto length = std::wcrtomb(bytes, static_cast<wchar_t>(character), &state);
  if (character < 32 || length == static_cast<std::size_t>(-1)) return {Key::Other};
  return {Key::Text, std::string(bytes, length)};
}

// A second endwin() would send the cursor back to where it was before the first one: over lines of the shell since.
void leaveScreen() {
  if (!::isendwin()) ::endwin();
}

}  // namespace

Result<std::unique_ptr<Terminal>> Terminal::open(TerminalSignals& signals) {
  if (auto checked = checkForTerminal(); !checked) return checked.error();
  std::setlocale(LC_CTYPE, "");
  termios modes{};
  ::tcgetattr(STDIN_FILENO, &modes);
  auto* screen = ::newterm(nullptr, stdout, stdin);
  if (screen == nullptr)
    return noTerminal("the terminal type " + base::inQuotes(envVariable("TERM")) +
                      " (TERM) is unknown on this machine; set TERM to a known one, for example xterm");
  if (capability("cup").empty()) {
    ::endwin();
    ::delscreen(screen);
    return noTerminal("the terminal type " + base::inQuotes(envVariable("TERM")) + " (TERM) cannot move the cursor");
  }
  signals.enableRestoring(restoringSequence(), modes);
  ::set_escdelay(kMillisecondsForEscape);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, true);
  ::nodelay(stdscr, true);
  ::curs_set(0);
  const auto encoding = std::string_view(::nl_langinfo(CODESET)) == "UTF-8" ? Encoding::Utf8 : Encoding::Ascii;
  return std::unique_ptr<Terminal>(new Terminal(signals, encoding, startColours()));
}

Terminal::Terminal(TerminalSignals& signals, Encoding encoding, bool hasColours)
    : signals_(signals), encoding_(encoding), hasColours_(hasColours) {}

Terminal::~Terminal() {
  leaveScreen();
  signals_.disableRestoring();
}

Size Terminal::size() const {
  return {static_cast<std::size_t>(std::max(::getmaxx(stdscr), 1)),
          static_cast<std::size_t>(std::max(::getmaxy(stdscr), 1))};
}

void Terminal::draw(const Screen& screen) {
  ::werase(stdscr);
  for (std::size_t row = 0; row < screen.size(); ++row) {
    ::wmove(stdscr, static_cast<int>(row), 0);
    for (const auto& span : screen[row].spans()) {
      ::wattrset(stdscr, static_cast<int>(attributesOf(span.style, hasColours_)));
      ::waddnstr(stdscr, span.text.data(), static_cast<int>(span.text.size()));
    }
  }
  ::wattrset(stdscr, A_NORMAL);
  ::wrefresh(stdscr);
}

void Terminal::invalidate() {
  ::clearok(curscr, true);
}

std::optional<KeyPress> Terminal::read() {
  wint_t character = 0;
  const int kind = ::wget_wch(stdscr, &character);
  if (kind == ERR) return std::nullopt;
  return kind == KEY_CODE_YES ? KeyPress{keyOfCode(character)} : keyOfCharacter(character);
}

void Terminal::resize() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
  ::resizeterm(size.ws_row, size.ws_col);
  invalidate();
}

void Terminal::restore() {
  leaveScreen();
  invalidate();
}

}  // namespace leptir::top
