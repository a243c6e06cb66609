#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace leptir::cli {
namespace {

constexpr std::size_t kFallbackWidth = 80, kFallbackHeight = 24;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

winsize terminalSize(int descriptor) {
  winsize size{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0;
  if (!known || size.ws_col == 0) size.ws_col = kFallbackWidth;
  if (!known || size.ws_row == 0) size.ws_row = kFallbackHeight;
  return size;
}

}  // namespace

Terminal terminalOf(int descriptor) {
  if (::isatty(descriptor) == 0) return {};
  const auto size = terminalSize(descriptor);
  const auto type = variable("TERM");
  const bool isDumb = type.empty() || type == "dumb";
  return {.isTerminal = true,
          .width = size.ws_col,
          .height = size.ws_row,
          .movesCursor = !isDumb,
          .hasColours = variable("NO_COLOR").empty() && !isDumb};
}

std::string coloured(std::string_view text, Colour colour) {
  constexpr const char* kStyleCodes[] = {"", "2", "31", "32", "33", "1"};
  if (colour == Colour::None) return std::string(text);
  return "\x1b[" + std::string(kStyleCodes[static_cast<int>(colour)]) + "m" + std::string(text) + "\x1b[0m";
}

}  // namespace leptir::cli
