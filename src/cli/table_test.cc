#include "cli/table.h"

#include <gtest/gtest.h>

#include "base/text_width.h"

namespace leptir::cli {
namespace {

Table table() {
  Table table({{.title = "id"},
               {.title = "name", .leastWidth = 6},
               {.title = "n", .align = Column::Align::Right, .leaveOutRank = 1},
               {.title = "reason", .leaveOutRank = 2, .leastWidth = 6}});
  table.add({"a1", "a long name", "7", "something failed"});
  table.add({"b2", "mail", "12", ""});
  return table;
}

using Lines = std::vector<std::string>;

TEST(Table, IsAsWideAsItsCellsWithoutATerminal) {
  EXPECT_EQ(table().lines({}),
            (Lines{"id  name          n  reason", "a1  a long name   7  something failed", "b2  mail         12"}));
}

TEST(Table, CutsTheWidestColumnsInANarrowTerminal) {
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 28}),
            (Lines{"id  name        n  reason", "a1  a long n…   7  somethin…", "b2  mail       12"}))
      << "28 columns";
  for (const auto& line : table().lines({.isTerminal = true, .width = 24}))
    EXPECT_LE(base::textWidth(line), 24u) << line;
}

TEST(Table, LeavesColumnsOutWhenCuttingIsNotEnough) {
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 14}),
            (Lines{"id  name     n", "a1  a lon…   7", "b2  mail    12"}));
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 10}), (Lines{"id  name", "a1  a lon…", "b2  mail"}));
}

TEST(Table, GivesTheRoomOfAColumnThatIsLeftOutToCellsThatAreCut) {
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 12}), (Lines{"id  name", "a1  a long …", "b2  mail"}));
}

TEST(Table, IsNeverWiderThanItsTerminal) {
  for (std::size_t width = 1; width < 60; ++width) {
    for (const auto& line : table().lines({.isTerminal = true, .width = width}))
      EXPECT_LE(base::textWidth(line), width) << line;
  }
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 3}), (Lines{"id", "a1", "b2"}));
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 1}), (Lines{"…", "…", "…"}));
}

TEST(Table, OneLongIdCostsNoColumnAndIsShownByItsBeginning) {
  Table table({{.title = "id", .leastWidth = kMinIdWidth}, {.title = "name", .leastWidth = 8}, {.title = "reason"}});
  const std::string id(83, 'x');
  table.add({id, "mail", "no such mailbox"});
  table.add({"a1", "mail", "-"});
  EXPECT_EQ(table.lines({})[1], id + "  mail  no such mailbox");
  EXPECT_EQ(table.lines({.isTerminal = true, .width = 60})[1], std::string(36, 'x') + "…  mail  no such mailbox");
  EXPECT_EQ(table.lines({.isTerminal = true, .width = 42})[1], std::string(18, 'x') + "…  mail  no such mailbox");
}

TEST(Table, LeavesColumnsWithoutContentOutFirst) {
  Table table({{.title = "name"}, {.title = "paused", .leaveOutRank = 1}, {.title = "done", .leaveOutRank = 2}});
  table.add({"mail", "-", "12"});
  EXPECT_EQ(table.lines({.isTerminal = true, .width = 12}), (Lines{"name  done", "mail  12"}));
  table.add({"report", "paused", "7"});
  EXPECT_EQ(table.lines({.isTerminal = true, .width = 14}), (Lines{"name    paused", "mail    -", "report  paused"}));
}

TEST(Table, ColoursCellsButNotTheBlanksBesideThem) {
  Table coloured({{.title = "x"}, {.title = "y"}});
  coloured.add({{"a", Colour::Red}, {"", Colour::Red}});
  EXPECT_EQ(coloured.lines({.isTerminal = true, .width = 80, .hasColours = true})[1], "\x1b[31ma\x1b[0m");
  EXPECT_EQ(coloured.lines({.isTerminal = true, .width = 80})[1], "a");
}

TEST(Table, EscapesWhatCouldControlTheTerminal) {
  Table hostile({{.title = "x"}});
  hostile.add({"a\x1b[2J\nb"});
  EXPECT_EQ(hostile.lines({})[1], "a\\x1b[2J\\nb");
}

TEST(Table, AlignsWideAndCombiningCharacters) {
  Table table({{.title = "name", .leastWidth = 4}, {.title = "x"}});
  table.add({"日本語", "1"});
  table.add({"e\u0301", "2"});
  EXPECT_EQ(table.lines({}), (Lines{"name    x", "日本語  1", "e\u0301       2"}));
  EXPECT_EQ(table.lines({.isTerminal = true, .width = 8}), (Lines{"name   x", "日本…  1", "e\u0301      2"}));
}

TEST(Table, CountsCharactersNotBytes) {
  Table czech({{.title = "jméno", .leastWidth = 3}, {.title = "x"}});
  czech.add({"žluťoučký", "1"});
  EXPECT_EQ(czech.lines({})[0], "jméno      x");
  EXPECT_EQ(czech.lines({.isTerminal = true, .width = 8})[1], "žluť…  1");
}

}  // namespace
}  // namespace leptir::cli
