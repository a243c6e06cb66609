#include "backends/mongodb/record_document.h"

#include <gtest/gtest.h>

namespace leptir::mongodb {
namespace {

using namespace std::chrono_literals;

constexpr auto kSaved = Time(1'795'451'980s + 5us);

MetaInfo info(std::string additional = {}) {
  MetaInfo info;
  info.id = "145596b0468b93b22a4.02397032";
  info.lease = 1'795'451'957'000'000;
  info.returnCode = ExitStatus::Success;
  info.executionTime = 2;
  info.response = "sent";
  info.type = "App\\Tasks\\Mail\\SendMail";
  info.started = Time(1'795'451'957s + 541'950us);
  info.cpuTime = 1;
  info.additional = std::move(additional);
  return info;
}

Json written(const MetaInfo& info) {
  std::string text;
  writeMetaInfo(info, text);
  return parseJson(text).value();
}

Document saved(const MetaInfo& info) {
  return recordDocument(info, kSaved, Time(1'800'000'000s));
}

std::vector<std::string> namesIn(DocumentView document) {
  std::vector<std::string> names;
  document.forEach([&](const ValueView& value) { names.emplace_back(value.key()); });
  return names;
}

TEST(RecordDocument, HasPhpLeptirsFieldsInItsOrderAndTheIdBehindAll) {
  const auto document = saved(info(R"({"userId":42})"));
  EXPECT_EQ(namesIn(document), (std::vector<std::string>{"status", "retC", "exTime", "respM", "type", "exStart",
                                                         "lease", "attempt", "cpuTime", "userId", "_id", "leptir"}));
  EXPECT_EQ(DocumentView(document).text("_id"), "145596b0468b93b22a4.02397032");
}

TEST(RecordDocument, HasDatesAsBsonDatesAndSecondsAsDoubles) {
  const auto document =
      saved(info(R"({"when":{"date":"2026-11-23 16:25:49.667348","timezone_type":3,"timezone":"UTC"}})"));
  const DocumentView view(document);
  EXPECT_EQ(view.date("exStart"), Time(1'795'451'957s + 541ms));
  EXPECT_EQ(view.date("when"), Time(1'795'451'149s + 667ms));
  EXPECT_EQ(view.find("exTime")->type(), BSON_TYPE_DOUBLE);
  EXPECT_EQ(view.find("cpuTime")->type(), BSON_TYPE_DOUBLE);
  EXPECT_EQ(view.find("retC")->type(), BSON_TYPE_INT64);
}

TEST(RecordDocument, SaysWhatItReplacesAndWhenItExpires) {
  auto running = info();
  running.step = MetaStep::Running;
  const auto document = saved(running);
  const DocumentView view(document);
  EXPECT_EQ(view.integer("leptir.lease"), 1'795'451'957'000'000);
  EXPECT_EQ(view.integer("leptir.step"), 1);
  EXPECT_EQ(view.integer("leptir.saved"), kSaved.time_since_epoch().count());
  EXPECT_EQ(view.date("leptir.expires"), Time(1'800'000'000s));
  EXPECT_FALSE(DocumentView(recordDocument(running, kSaved, {})).find("leptir.expires"));
}

TEST(RecordDocument, GivesTheRecordBackToTheMicrosecond) {
  for (const auto* additional :
       {"", R"({"a.b":{"date":"2026-11-23 16:25:49.667348","timezone_type":3,"timezone":"UTC"}})",
        R"({"when":{"date":"2026-11-23 16:25:49.000000","timezone_type":3,"timezone":"Europe\/Ljubljana"}})",
        R"({"n":{"d":{"date":"2026-11-23 16:25:49.667348","timezone_type":3,"timezone":"UTC"}},"l":[1,{}],"7":null})",
        R"({"huge":18446744073709551615,"type":"other","exTime":"text"})"}) {
    const auto record = info(additional);
    EXPECT_EQ(recordOf(saved(record)), written(record)) << additional;
  }
}

TEST(RecordDocument, GivesBackWhatMongoDbDoesNotStore) {
  const auto deep = "{\"deep\":" + std::string(200, '[') + std::string(200, ']') + "}";
  for (const auto& additional : {std::string(R"({"$set":{"$x":1}})"), std::string(R"({"a\u0000b":1})"),
                                 std::string(R"({"_id":"mine","leptir":{"lease":0}})"), deep}) {
    const auto record = info(additional);
    const auto document = saved(record);
    EXPECT_EQ(recordOf(document), written(record)) << additional;
    EXPECT_EQ(DocumentView(document).text("_id"), record.id);
    EXPECT_EQ(DocumentView(document).integer("leptir.lease"), record.lease);
  }
}

TEST(RecordDocument, HasNoSecondCopyOfUsualRecords) {
  auto record = info(R"({"text":"č","ratio":0.5})");
  record.result = R"({"x":[1,2]})";
  record.history = {{.attempt = 1, .cause = "threw", .returnCode = 3, .started = 1.5, .executionTime = 2}};
  record.envelope = R"({"cn":"noop"})";
  EXPECT_FALSE(DocumentView(saved(record)).find("leptir.text"));
  EXPECT_EQ(recordOf(saved(record)), written(record));
}

TEST(RecordOf, ReadsDatesOfOtherProgramsAsPhpsJson) {
  const auto document = Document().add("exStart", Time(1'795'451'575s)).add("nested", Document().add("d", Time(1s)));
  const auto record = recordOf(document);
  EXPECT_EQ(record["exStart"]["date"], "2026-11-23 16:32:55.000000");
  EXPECT_EQ(record["nested"]["d"]["$date"], "1970-01-01T00:00:01Z");
}

TEST(RecordOf, GivesAnObjectForAnyDocument) {
  Document deep;
  for (int level = 0; level < 600; ++level) deep = Document().add("d", deep);
  EXPECT_EQ(recordOf(Document().add("_id", "x").add("deep", deep)), (Json{{"id", "x"}}));
  EXPECT_EQ(recordOf(Document()), (Json{{"id", ""}}));
  EXPECT_EQ(recordOf(Document().add("_id", 5).add("id", "other")), (Json{{"id", 5}}));
  Document late;
  bson_append_date_time(late.mutableBson(), "exStart", -1, std::numeric_limits<std::int64_t>::max());
  EXPECT_TRUE(recordOf(late)["exStart"].contains("$date"));
}

}  // namespace
}  // namespace leptir::mongodb
