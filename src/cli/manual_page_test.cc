#include "cli/manual_page.h"

#include <gtest/gtest.h>

namespace leptir::cli {
namespace {

const ProgramText kProgram{
    .name = "mine",
    .version = "1.2",
    .description = "mine: tasks of mine.",
    .footer = "Exit status: 0 done,\n2 usage.",
    .commands = {{.name = "push",
                  .description = "Push tasks; prints one id a line.",
                  .words = {{.name = "NAME", .value = "TEXT", .help = "the task's name"}},
                  .options = {{.name = "--config", .value = "FILE", .help = ".hidden \\ files - too"},
                              {.name = "--quiet", .help = "print no ids"},
                              {.name = "--wait", .optionalValue = "SECONDS", .help = "wait"}}},
                 {.name = "stop", .description = "Stop."}}};

std::string pageOf(const std::string& name) {
  for (const auto& page : manualPages(kProgram)) {
    if (page.name == name) return page.text;
  }
  return {};
}

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

TEST(ManualPage, HasTheNameTheSynopsisAndEachOptionWithItsText) {
  const auto page = pageOf("mine-push");
  EXPECT_TRUE(page.starts_with(".TH MINE\\-PUSH 1 \"\" \"mine 1.2\" \"User Commands\"\n")) << page;
  EXPECT_TRUE(has(page, "mine\\-push \\- Push tasks; prints one id a line\n")) << page;
  EXPECT_TRUE(has(page,
                  "[\\fINAME\\fR]\n[\\fB\\-\\-config\\fR=\\fIFILE\\fR]\n[\\fB\\-\\-quiet\\fR]\n[\\fB\\-\\-wait\\fR[="
                  "\\fISECONDS\\fR]]\n"))
      << page;
  EXPECT_TRUE(has(page, ".TP\n\\fB\\-\\-quiet\\fR\nprint no ids\n")) << page;
  EXPECT_TRUE(has(page, ".BR mine\\-stop (1)\n")) << page;
}

TEST(ManualPage, KeepsRoffFromReadingATextAsARequest) {
  const auto page = pageOf("mine-push");
  EXPECT_TRUE(has(page, "\n\\&.hidden \\e files \\- too\n")) << page;
}

TEST(ManualPage, OfAProgramListsItsCommands) {
  const auto page = pageOf("mine");
  EXPECT_TRUE(has(page, "mine \\- tasks of mine\n")) << page;
  EXPECT_TRUE(has(page, ".TP\n.BR mine\\-push (1)\nPush tasks; prints one id a line.\n")) << page;
  EXPECT_TRUE(has(page, ".SH EXIT STATUS\nExit status: 0 done, 2 usage\n")) << page;
}

}  // namespace
}  // namespace leptir::cli
