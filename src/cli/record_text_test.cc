#include "cli/record_text.h"

#include <gtest/gtest.h>

namespace leptir::cli {
namespace {

TEST(RecordText, ShowsTheCrashOfATaskWithItsStackAndStderrLineByLine) {
  const Json record{{"id", "7"},
                    {"type", "image.resize"},
                    {"status", 3},
                    {"retC", 3},
                    {"cause", "crashed"},
                    {"attempt", 2},
                    {"signal", 11},
                    {"exTime", 0.0125},
                    {"maxRss", 4194304},
                    {"pushed", 1795487440.118076},
                    {"exStart", {{"date", "2026-11-24 02:30:45.168999"}, {"timezone_type", 3}, {"timezone", "UTC"}}},
                    {"respM", "killed by signal 11 (Segmentation fault) at address 0x0"},
                    {"stack", {"resize() at resize.cc:63", "main at main.cc:4"}},
                    {"stderr", "first\nsecond\n"},
                    {"history", {{{"attempt", 1}, {"cause", "crashed"}, {"exStart", 1795487440.5}, {"exTime", 1.5}}}}};
  EXPECT_EQ(recordText(record),
            "image.resize 7\n"
            "  status        completed\n"
            "  outcome       crashed\n"
            "  attempt       2\n"
            "  signal        11\n"
            "  pushed        2026-11-24 02:30:40.118 UTC\n"
            "  began         2026-11-24 02:30:45.168999 UTC\n"
            "  ran           12.5 ms\n"
            "  peak memory   4.0 MiB\n"
            "  response\n"
            "    killed by signal 11 (Segmentation fault) at address 0x0\n"
            "  stack\n"
            "      0  resize() at resize.cc:63\n"
            "      1  main at main.cc:4\n"
            "  stderr, its end\n"
            "    first\n"
            "    second\n"
            "  earlier runs\n"
            "      1  2026-11-24 02:30:40.500 UTC  crashed, 1.5 s\n");
}

TEST(RecordText, ShowsWhereATaskWaits) {
  const Json waiting{{"id", "7"},        {"type", nullptr},    {"status", 1},          {"state", "buried"},
                     {"broker", "bulk"}, {"toex", 1795487440}, {"reason", "malformed"}};
  EXPECT_EQ(recordText(waiting),
            "7\n  state         buried\n  broker        bulk\n"
            "  reason        malformed\n");
}

TEST(RecordText, SaysThatATaskIsBuriedAndWhy) {
  const Json record{{"id", "7"},   {"type", "f"},         {"status", 3},       {"retC", 3},   {"cause", "crashed"},
                    {"signal", 9}, {"buried", "3 times"}, {"respM", "killed"}, {"attempt", 3}};
  EXPECT_EQ(recordText(record),
            "f 7\n  status        completed\n  outcome       crashed\n"
            "  buried        3 times\n  attempt       3\n  signal        9\n  response\n    killed\n");
  EXPECT_TRUE(recordLine(record).ends_with("  buried: killed")) << recordLine(record);
}

TEST(RecordText, ShowsHowLongARunningTaskHasRun) {
  const Json record{{"id", "7"},
                    {"type", "f"},
                    {"status", 2},
                    {"exTime", 0.0},
                    {"exStart", {{"date", "2026-11-24 02:30:40.000000"}, {"timezone_type", 3}, {"timezone", "UTC"}}}};
  EXPECT_EQ(recordText(record, Time(std::chrono::milliseconds(1795487443900))),
            "f 7\n  status        in progress\n  began         2026-11-24 02:30:40.000000 UTC\n"
            "  running for   3.9 s\n");
  EXPECT_NE(recordLine(record).find("        -  -"), std::string::npos) << recordLine(record);
}

TEST(RecordText, ABuriedTaskIsInOneStateAndItsLastRunHasOneOutcome) {
  const Json record{{"id", "7"},
                    {"type", "f"},
                    {"status", 3},
                    {"retC", 3},
                    {"cause", "finished"},
                    {"state", "buried"},
                    {"reason", "failed once"}};
  EXPECT_EQ(recordText(record), "f 7\n  state         buried\n  reason        failed once\n  last outcome  error\n");
}

TEST(RecordText, ShowsWhereATaskRunsHowFarItIsAndItsEnvelope) {
  const Json record{
      {"id", "7"},          {"type", "f"},
      {"status", 2},        {"broker", "local"},
      {"instance", "0123"}, {"running", {{"began", 1.0}, {"progress", 0.4}, {"text", "page 2"}, {"attempt", 1}}},
      {"envelope", "{}"}};
  EXPECT_EQ(recordText(record),
            "f 7\n  status        in progress\n  broker        local\n  instance      0123\n"
            "  progress      40 %, page 2\n  log so far    leptir logs 7\n  envelope      {}\n");
}

TEST(RecordSummary, HasTheTimeAtWhichTheRecordWasSaved) {
  const Json ended{{"exStart", {{"date", "2026-11-24 02:30:40.000000"}}}, {"exEnd", 1795487443.9}};
  EXPECT_EQ(recordSummary(ended).when, "2026-11-24 02:30:43");
  EXPECT_EQ(recordSummary({{"exStart", {{"date", "2026-11-24 02:30:40.000000"}}}}).when, "2026-11-24 02:30:40");
}

TEST(RecordText, ShowsNoRunOfATaskThatWasCancelledBeforeItRan) {
  const Json record{{"id", "7"},
                    {"type", "f"},
                    {"status", 3},
                    {"retC", 4},
                    {"cause", "cancelled"},
                    {"cancelledBy", "ana@host"},
                    {"cancelledAt", 1795487440},
                    {"attempt", 1},
                    {"pid", 5},
                    {"exTime", 0.0},
                    {"exStart", {{"date", "2026-11-24 02:30:40.000000"}, {"timezone_type", 3}, {"timezone", "UTC"}}}};
  EXPECT_EQ(recordText(record),
            "f 7\n  status        completed\n  outcome       cancelled\n"
            "  cancelled by  ana@host\n  cancelled     2026-11-24 02:30:40.000 UTC\n");
}

TEST(RecordText, ShowsWhenARetryRunsAndHowManyAttemptsAreLeft) {
  const Json record{{"id", "7"},           {"type", "f"},          {"status", 1},        {"retC", 3},
                    {"cause", "finished"}, {"state", "scheduled"}, {"toex", 1795487440}, {"attemptsLeft", 2}};
  EXPECT_EQ(recordText(record),
            "f 7\n  state         scheduled\n  due           2026-11-24 02:30:40.000 UTC\n"
            "  attempts left 2\n  last outcome  error\n");
}

TEST(RecordLine, ShowsTheOutcomeOfARunThatEndedByItselfAndTheCauseOfAnyOther) {
  const auto outcome = [](const Json& record) { return recordLine(record).substr(19 + 2 + 36 + 2 + 24 + 2, 13); };
  EXPECT_EQ(outcome({{"status", 3}, {"retC", 3}, {"cause", "finished"}}), "error        ");
  EXPECT_EQ(outcome({{"status", 3}, {"retC", 2}, {"cause", "finished"}}), "warning      ");
  EXPECT_EQ(outcome({{"status", 3}, {"retC", 3}, {"cause", "crashed"}}), "crashed      ");
  EXPECT_EQ(outcome({{"status", 2}}), "in progress  ");
}

TEST(RecordText, EscapesCharactersThatControlATerminal) {
  const auto text = recordText({{"id", "\x1b[2J"}, {"respM", "a\x1b]0;x\x07"}, {"stack", {"\r"}}});
  EXPECT_EQ(text.find_first_of("\x1b\x07\r"), std::string::npos);
}

TEST(RecordText, ShowsFieldsOfUnexpectedTypesAsJson) {
  const auto text = recordText({{"id", 1},
                                {"retC", "odd"},
                                {"exTime", {1, 2}},
                                {"stack", 5},
                                {"history", "x"},
                                {"exStart", 1e300},
                                {"stderr", 4}});
  EXPECT_NE(text.find("odd"), std::string::npos);
  EXPECT_NE(text.find("[1,2]"), std::string::npos);
}

}  // namespace
}  // namespace leptir::cli
