#include "cli/table.h"

#include <gtest/gtest.h>

namespace leptir::cli {
namespace {

Table table() {
  Table table({{.title = "id"},
               {.title = "name", .leastWidth = 6},
               {.title = "n", .align = Column::Align::Right, .leftOutFirst = 1},
               {.title = "reason", .leftOutFirst = 2, .leastWidth = 6}});
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
  for (const auto& line : table().lines({.isTerminal = true, .width = 24})) EXPECT_LE(displayWidth(line), 24u) << line;
}

TEST(Table, LeavesColumnsOutWhenCuttingIsNotEnough) {
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 14}),
            (Lines{"id  name     n", "a1  a lon…   7", "b2  mail    12"}));
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 11}), (Lines{"id  name", "a1  a lon…", "b2  mail"}));
  EXPECT_EQ(table().lines({.isTerminal = true, .width = 3}), (Lines{"id  name", "a1  a lon…", "b2  mail"}))
      << "the columns that must be there stay";
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

TEST(Table, CountsCharactersNotBytes) {
  Table czech({{.title = "jméno", .leastWidth = 3}, {.title = "x"}});
  czech.add({"žluťoučký", "1"});
  EXPECT_EQ(czech.lines({})[0], "jméno      x");
  EXPECT_EQ(czech.lines({.isTerminal = true, .width = 8})[1], "žluť…  1");
}

}  // namespace
}  // namespace leptir::cli
