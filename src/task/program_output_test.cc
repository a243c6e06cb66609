#include "task/program_output.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

#include <vector>

namespace leptir::task {
namespace {

using Lines = std::vector<std::string>;

Lines linesOf(const StdoutCollector& beginning) {
  Lines lines;
  beginning.forEachLine([&](std::string line) { lines.push_back(std::move(line)); });
  return lines;
}

TEST(StdoutCollector, DoesNotDependOnThePiecesInWhichOutputArrives) {
  StdoutCollector whole(100), pieces(100);
  whole.add("one\n\ntwo\nthree");
  for (const char c : std::string("one\n\ntwo\nthree")) pieces.add(std::string(1, c));
  EXPECT_EQ(linesOf(whole), (Lines{"one", "", "two", "three"}));
  EXPECT_EQ(linesOf(pieces), linesOf(whole));
}

TEST(StdoutCollector, EndsWithANoticeWhenOutputWasDropped) {
  StdoutCollector beginning(1024);
  beginning.add(std::string(1024, 'x'));
  EXPECT_EQ(linesOf(beginning).size(), 1u);
  beginning.add("y");
  beginning.add("z");
  EXPECT_EQ(linesOf(beginning),
            (Lines{std::string(1024, 'x'), "[The program's output was cut here: 1 KiB are kept.]"}));
}

TEST(StdoutCollector, IsCutAtACharacterBoundary) {
  for (const int before : {0, 1, 2}) {
    StdoutCollector beginning(4 + before);
    beginning.add(std::string(before, 'x') + "€€€");
    EXPECT_EQ(linesOf(beginning).at(0), std::string(before, 'x') + "€");
  }
}

TEST(StderrCollector, PassesOnEachLineAsSoonAsItIsComplete) {
  Lines lines;
  StderrCollector output(100, {.onLimitedLine = [&](std::string_view line) { lines.emplace_back(line); }});
  output.add("o");
  output.add("ne\ntw");
  EXPECT_EQ(lines, (Lines{"one"}));
  output.add("o\n\nthree");
  output.finish();
  EXPECT_EQ(lines, (Lines{"one", "two", "three"}));
  EXPECT_EQ(output.tail(), "one\ntwo\n\nthree");
}

TEST(StderrCollector, KeepsTheEndOfTheOutput) {
  StderrCollector output(10, {.onLimitedLine = [](std::string_view) {}});
  for (int i = 0; i < 1000; ++i)
    output.add("0123456789abcdef"[i % 16] == 'f' ? "f\n" : std::string(1, "0123456789abcdef"[i % 16]));
  output.add("the end");
  EXPECT_TRUE(output.tail().ends_with("the end"));
}

TEST(StderrCollector, PassesOnLongLinesInPieces) {
  std::size_t longest = 0, all = 0;
  StderrCollector output(std::size_t{1} << 20, {.onLimitedLine = [&](std::string_view line) {
                           longest = std::max(longest, line.size()), all += line.size();
                         }});
  for (int i = 0; i < 100; ++i) output.add(std::string(10'000, 'x'));
  output.finish();
  EXPECT_EQ(all, 1'000'000u);
  EXPECT_EQ(longest, 8u * 1024);
}

TEST(StderrCollector, CutsAtCharacterBoundaries) {
  for (const std::size_t before : {0, 1, 2}) {
    Lines lines;
    StderrCollector output(64 * 1024, {.onLimitedLine = [&](std::string_view line) { lines.emplace_back(line); }});
    std::string text(before, 'x');
    while (text.size() < 200'000) text += "€";
    for (std::size_t at = 0; at < text.size(); at += 1000) output.add(text.substr(at, 1000));
    output.finish();
    EXPECT_TRUE(output.tail().starts_with("€"));
    EXPECT_GT(output.tail().size(), 64u * 1024 - 4);
    for (const auto& line : lines) EXPECT_TRUE(base::isUtf8(line));
    EXPECT_EQ(lines.size(), 9u) << "64 KiB in pieces of 8, and a line that says that there is more";
  }
}

TEST(StderrCollector, PassesEachLineToThoseThatKeepAllOfThem) {
  std::size_t limited = 0, all = 0;
  StderrCollector output(
      1'000, {.onLimitedLine = [&](std::string_view) { ++limited; }, .onEachLine = [&](std::string_view) { ++all; }});
  for (int i = 0; i < 1'000; ++i) output.add("0123456789\n");
  EXPECT_EQ(limited, 101u) << "100 lines, and one that says that there are more";
  EXPECT_EQ(all, 1'000u);
}

}  // namespace
}  // namespace leptir::task
