#include "leptir/spi/meta_info.h"
#include "tests/support/folders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>

namespace leptir::meta {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr auto kStart = Time(1'795'451'957s + 541'950us);  // 2026-11-23 16:39:17.541950

MetaInfo info() {
  MetaInfo info;
  info.id = "145596b0468b93b22a4.02397032";
  info.returnCode = ExitStatus::Success;
  info.type = "App\\Tasks\\Mail\\SendMail";
  info.started = kStart;
  return info;
}

std::string written(const MetaInfo& info) {
  std::string text;
  writeMetaInfo(info, text);
  return text;
}

Json read(const MetaInfo& info) {
  return Json::parse(written(info));
}

Time timeOf(const std::string& phpDate) {
  std::tm parts{};
  ::strptime(phpDate.c_str(), "%Y-%m-%d %H:%M:%S", &parts);
  return Time(std::chrono::seconds(::timegm(&parts))) + std::chrono::microseconds(std::stoi(phpDate.substr(20)));
}

// A MetaInfo with the fields of a record that PHP leptir wrote, without additional fields.
MetaInfo likePhpLeptir(const Json& record) {
  MetaInfo info;
  info.id = record.at("id");
  info.returnCode = static_cast<ExitStatus>(record.at("retC"));
  info.executionTime = record.at("exTime");
  info.response = record.at("respM");
  info.type = record.at("type");
  info.started = timeOf(record.at("exStart").at("date"));
  return info;
}

TEST(WriteMetaInfo, BeginsWithTheBytesThatPhpLeptirWrote) {
  std::ifstream file(sourceFolder() / "tests/wire/redis_meta.json");
  int compared = 0;
  for (const auto& entry : Json::parse(file)) {
    const auto text = entry.value("value_text", Json());
    if (!text.is_string() || text.get<std::string>().empty()) continue;
    auto golden = text.get<std::string>();
    const auto record = Json::parse(golden);
    // Our records are always in UTC, and fields that users add are not part of the comparison.
    if (record.at("exStart").at("timezone") != "UTC" || record.size() != 7 || !record.at("respM").is_string()) continue;
    golden.pop_back();
    EXPECT_THAT(written(likePhpLeptir(record)), StartsWith(golden)) << entry.at("note");
    ++compared;
  }
  EXPECT_GE(compared, 20);
}

TEST(WriteMetaInfo, WritesTheFieldsThatOnlyLeptirHas) {
  auto full = info();
  full.lease = 1'795'451'957'000'001;
  full.attempt = 3;
  full.cause = "crashed";
  full.returnCode = ExitStatus::Error;
  full.host = "web1";
  full.pid = 77;
  full.pushed = kStart - 1s;
  full.ended = kStart + 2s;
  full.cpuTime = 0.5;
  full.maxRss = 1 << 20;
  full.signal = 11;
  full.stack = {"main", "doJob"};
  full.stderrTail = "oops\n";
  full.flow = {"begun", "sleeping"};
  full.result = R"({"width": 640})";
  full.history = {{1, "threw", 3, 1700000000.5, 0.25}};
  full.envelope = R"({"cn":"x"})";
  EXPECT_THAT(
      written(full),
      EndsWith(R"("timezone":"UTC"},"lease":1795451957000001,"attempt":3,"cause":"crashed","host":"web1","pid":77,)"
               R"("pushed":1795451956.541950,"exEnd":1795451959.541950,"cpuTime":0.5,"maxRss":1048576,"signal":11,)"
               R"("stack":["main","doJob"],"stderr":"oops\n","flow":["begun","sleeping"],"result":{"width": 640},)"
               R"("history":[{"attempt":1,"cause":"threw","retC":3,"exStart":1700000000.5,"exTime":0.25}],)"
               R"("envelope":"{\"cn\":\"x\"}"})"));
}

TEST(WriteMetaInfo, LeavesOutEmptyFields) {
  EXPECT_EQ(read(info()).size(), 7u + 1u);  // the fields of PHP leptir, and `attempt`
}

TEST(WriteMetaInfo, WritesReturnCodeUnknownWhileTheTaskRuns) {
  auto running = info();
  running.returnCode = ExitStatus::Unknown;
  running.status = TaskStatus::InProgress;
  running.step = MetaStep::Running;
  EXPECT_EQ(read(running).at("retC"), 4) << "unknown";
  EXPECT_TRUE(read(running).at("exTime").is_number_float());
  EXPECT_EQ(read(running).at("status"), 2);
  EXPECT_EQ(read(running).at("step"), 1);
}

TEST(WriteMetaInfo, WritesSmallTimesAsPhpDoes) {
  auto quick = info();
  quick.executionTime = 1e-5;
  EXPECT_THAT(written(quick), HasSubstr(R"("exTime":1.0e-5,)"));
  quick.executionTime = 2.5e-7;
  EXPECT_THAT(written(quick), HasSubstr(R"("exTime":2.5e-7,)"));
  quick.executionTime = 4;
  EXPECT_THAT(written(quick), HasSubstr(R"("exTime":4,)"));
}

TEST(WriteMetaInfo, StaysValidJsonWhenTimesAreNotNumbers) {
  auto strange = info();
  strange.executionTime = std::numeric_limits<double>::quiet_NaN();
  strange.cpuTime = std::numeric_limits<double>::infinity();
  EXPECT_EQ(read(strange).at("exTime"), 0);
}

TEST(WriteMetaInfo, WritesDatesBeforeTheEpoch) {
  auto old = info();
  old.started = Time(-1us);
  EXPECT_THAT(written(old), HasSubstr("1969-12-31 23:59:59.999999"));
}

TEST(WriteMetaInfo, ReplacesInvalidUtf8) {
  auto bad = info();
  bad.response = "a\xff";
  EXPECT_THAT(written(bad), HasSubstr(R"("respM":"a\ufffd")"));
}

TEST(WriteMetaInfo, WritesAResultThatIsNotJsonAsAString) {
  auto bad = info();
  bad.result = "{oops";
  EXPECT_EQ(read(bad).at("result"), "{oops");
}

TEST(WriteMetaInfo, MergesAdditionalFieldsOverTheStandardFields) {
  auto more = info();
  more.flow = {"one"};
  more.additional = R"({"type":"overridden","userId":42,"flow":["two"],"exStart":{"zone":"home"}})";
  const auto record = read(more);
  EXPECT_EQ(record.at("type"), "overridden");
  EXPECT_EQ(record.at("userId"), 42);
  EXPECT_EQ(record.at("flow"), (Json{"one", "two"}));
  EXPECT_EQ(record.at("exStart").at("timezone"), "UTC");
  EXPECT_EQ(record.at("exStart").at("zone"), "home");
}

TEST(WriteMetaInfo, KeepsTheOrderOfFieldsWhenItMerges) {
  auto more = info();
  more.additional = R"({"type":"overridden","a":1})";
  EXPECT_THAT(written(more), HasSubstr(R"("respM":"","type":"overridden","exStart":)"));
  EXPECT_THAT(written(more), EndsWith(R"("attempt":1,"a":1})"));
}

TEST(WriteMetaInfo, NeverMergesIdLeaseOrStep) {
  auto more = info();
  more.lease = 5;
  more.additional = R"({"id":"other","lease":9,"step":9,"respM":["x"]})";
  const auto record = read(more);
  EXPECT_EQ(record.at("id"), more.id);
  EXPECT_EQ(record.at("lease"), 5);
  EXPECT_FALSE(record.contains("step"));
  EXPECT_EQ(record.at("respM"), Json{"x"});
}

TEST(WriteMetaInfo, KeepsAdditionalTextThatIsNotAnObject) {
  auto more = info();
  more.additional = "[1, 2";
  EXPECT_EQ(read(more).at("additional"), "[1, 2");
}

// Comparing 120,000 keys with each other would take a minute.
TEST(WriteMetaInfo, TakesLinearTimeForManyAdditionalFields) {
  Json many = Json::object();
  for (int i = 0; i < 120'000; ++i) many["field" + std::to_string(i)] = i;
  auto more = info();
  more.additional = writeJson(many);
  more.result = more.additional;
  const auto before = systemClock().bootTime();
  const auto text = written(more);
  EXPECT_LT(systemClock().bootTime() - before, 15s);
  EXPECT_THAT(text, EndsWith(R"("field99999":99999})"));
}

TEST(WriteMetaInfo, CanBeParsedHoweverDeepTheResultNests) {
  auto deep = info();
  deep.result = std::string(510, '[') + std::string(510, ']');
  EXPECT_TRUE(parseJson(written(deep)));
  deep.result = std::string(511, '[') + std::string(511, ']');
  EXPECT_EQ(read(deep).at("result"), deep.result) << "the result is written as a string";
}

TEST(WriteMetaInfo, Appends) {
  std::string text = "before ";
  auto more = info();
  writeMetaInfo(more, text);
  more.additional = R"({"a":1})";
  writeMetaInfo(more, text);
  EXPECT_THAT(text, StartsWith("before {\"id\""));
  EXPECT_THAT(text, EndsWith("\"a\":1}"));
}

TEST(IsNewer, ComparesTheLeaseThenTheStep) {
  auto record = info();
  record.lease = 5;
  EXPECT_TRUE(supersedes(record, 4, MetaStep::Settled));
  EXPECT_TRUE(supersedes(record, 5, MetaStep::Running));
  EXPECT_FALSE(supersedes(record, 5, MetaStep::Settled));
  EXPECT_FALSE(supersedes(record, 6, MetaStep::Running));
}

}  // namespace
}  // namespace leptir::meta
