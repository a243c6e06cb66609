#include "cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "base/unique_fd.h"

namespace leptir::cli {
namespace {

// A terminal, and what is seen of it with this TERM; null: without TERM.
Terminal terminalOfType(const char* type) {
  const base::UniqueFd controller(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  EXPECT_TRUE(controller && ::grantpt(controller.get()) == 0 && ::unlockpt(controller.get()) == 0);
  char name[128] = {};
  EXPECT_EQ(::ptsname_r(controller.get(), name, sizeof name), 0);
  const base::UniqueFd terminal(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC));
  ::unsetenv("NO_COLOR");
  if (type == nullptr)
    ::unsetenv("TERM");
  else
    ::setenv("TERM", type, 1);
  return terminalOf(terminal.get());
}

TEST(Terminal, KnowsEscapeSequencesIfItsTypeIsKnown) {
  const auto terminal = terminalOfType("xterm");
  EXPECT_TRUE(terminal.isTerminal);
  EXPECT_TRUE(terminal.movesCursor);
  EXPECT_TRUE(terminal.hasColours);
}

TEST(Terminal, IsDumbWithoutAType) {
  for (const auto* type : {"dumb", "", static_cast<const char*>(nullptr)}) {
    const auto terminal = terminalOfType(type);
    EXPECT_TRUE(terminal.isTerminal);
    EXPECT_FALSE(terminal.movesCursor) << (type == nullptr ? "no TERM" : type);
    EXPECT_FALSE(terminal.hasColours) << (type == nullptr ? "no TERM" : type);
  }
}

TEST(Terminal, HasNoColoursWithNoColor) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(terminalOf(STDOUT_FILENO).hasColours);
  ::unsetenv("NO_COLOR");
}

}  // namespace
}  // namespace leptir::cli
