#include "cli/help_text.h"

#include <gmock/gmock.h>

#include <sstream>

#include "base/text_width.h"

namespace leptir::cli {
namespace {

using ::testing::HasSubstr;

CommandText status() {
  return {.name = "status",
          .description = "Show the instance, the brokers' queues and what each worker does.",
          .words = {{.name = "NAME", .help = "of a worker", .isRequired = true}},
          .options = {{.name = "--config",
                       .value = "FILE",
                       .help = "configuration file, YAML or JSON (default: one SQLite file for tasks and records)"},
                      {.name = "--watch", .optionalValue = "SECONDS", .help = "show it again"},
                      {.name = "--a-name-that-is-longer-than-the-column", .help = "does nothing"}}};
}

TEST(HelpText, IsWrappedAtBlanksToTheWidthOfTheTerminal) {
  for (const std::size_t width : {45, 60, 80, 120}) {
    std::istringstream text(helpOfCommand("leptir", status(), "Every command has --help.\nExit status: 0.", width));
    for (std::string line; std::getline(text, line);) EXPECT_LE(base::textWidth(line), width) << line;
  }
  EXPECT_THAT(helpOfCommand("leptir", status(), "", 80),
              HasSubstr("  --config=FILE               configuration file, YAML or JSON (default: one\n"
                        "                              SQLite file for tasks and records)\n"));
}

TEST(HelpText, OffATerminalALineIsNotWrapped) {
  EXPECT_THAT(helpOfCommand("leptir", status(), "", 0),
              HasSubstr("(default: one SQLite file for tasks and records)\n"));
}

TEST(HelpText, SaysHowValuesAreGiven) {
  const auto text = helpOfCommand("leptir", status(), "", 80);
  EXPECT_THAT(text, HasSubstr("Usage: leptir status [OPTIONS] NAME\n"));
  EXPECT_THAT(text, HasSubstr("\n  --watch[=SECONDS]           show it again\n"));
  EXPECT_THAT(text, HasSubstr("\n  NAME                        of a worker (required)\n"));
  EXPECT_THAT(text,
              HasSubstr("\n  --a-name-that-is-longer-than-the-column\n                              does nothing\n"));
}

TEST(HelpText, GroupsTheCommands) {
  const ProgramText program{.name = "leptir",
                            .description = "leptir: tasks.",
                            .commands = {{.name = "start", .description = "Run.", .group = "Run"},
                                         {.name = "push", .description = "Push.", .group = "Push"},
                                         {.name = "stop", .description = "Stop.", .group = "Run"}}};
  EXPECT_THAT(helpOfProgram(program, 80), HasSubstr("\nRun:\n"
                                                    "  start                       Run.\n"
                                                    "  stop                        Stop.\n"
                                                    "\nPush:\n"
                                                    "  push                        Push.\n"));
}

}  // namespace
}  // namespace leptir::cli
