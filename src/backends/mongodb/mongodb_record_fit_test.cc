#include "backends/mongodb/mongodb_record_fit.h"

#include <gmock/gmock.h>

#include "backends/mongodb/record_document.h"

namespace leptir::mongodb {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::size_t kMax = 1 << 20;

MetaInfo record(std::string response) {
  MetaInfo info;
  info.id = "t";
  info.lease = 5;
  info.returnCode = ExitStatus::Error;
  info.type = "Test";
  info.response = std::move(response);
  return info;
}

Json fitted(const MetaInfo& info) {
  const auto document = fittingRecordDocument(info, Time(), {}, kMax);
  EXPECT_LE(document.bytes(), kMax);
  return recordOf(document);
}

TEST(RecordFit, ASmallRecordStaysAsItIs) {
  EXPECT_EQ(fitted(record("short")).at("respM"), "short");
}

TEST(RecordFit, CutsALongResponseToWhatFitsAndSaysSo) {
  const auto response = fitted(record(std::string(2 << 20, 'r'))).at("respM").get<std::string>();
  EXPECT_GT(response.size(), kMax - 1000);
  EXPECT_THAT(response, EndsWith("r [The record was cut here: it was too large for MongoDB.]"));
}

TEST(RecordFit, CutsBetweenCharacters) {
  std::string response;
  while (response.size() < (2 << 20)) response += "\xf0\x9f\xa6\x8b";
  EXPECT_THAT(fitted(record(response)).at("respM").get<std::string>(), HasSubstr("\xf0\x9f\xa6\x8b [The record"));
}

TEST(RecordFit, CutsFurtherWhereTheTextGrowsWhenItIsEncoded) {
  const auto response = fitted(record(std::string(2 << 20, '\xff'))).at("respM").get<std::string>();
  EXPECT_GT(response.size(), kMax / 2);
}

TEST(RecordFit, LeavesOutTheLargestPartsAndNamesThem) {
  auto info = record("what happened");
  info.envelope = std::string(2 << 20, 'e');
  info.stderrTail = "the end of stderr";
  info.result = "\"" + std::string(3 << 20, 'x') + "\"";
  const auto saved = fitted(info);
  EXPECT_THAT(saved.at("respM").get<std::string>(), StartsWith("what happened [The record was cut here"));
  EXPECT_THAT(saved.at("respM").get<std::string>(), EndsWith("[Left out: result, envelope.]"));
  EXPECT_FALSE(saved.contains("envelope"));
  EXPECT_FALSE(saved.contains("result"));
  EXPECT_EQ(saved.at("stderr"), "the end of stderr");
  EXPECT_EQ(saved.at("retC"), 3);
}

TEST(RecordFit, KeepsTheWholeResponseWhereAPartHasToBeLeftOutAnyway) {
  auto info = record(std::string(100 << 10, 'r'));
  info.envelope = std::string(3 << 20, 'e');
  EXPECT_GT(fitted(info).at("respM").get<std::string>().size(), 100u << 10);
}

TEST(RecordFit, KeepsAllPartsWhereALongResponseIsEnoughToCut) {
  auto info = record(std::string(1 << 20, 'r'));
  info.envelope = std::string(1 << 19, 'e');
  const auto saved = fitted(info);
  EXPECT_EQ(saved.at("envelope").get<std::string>().size(), std::size_t{1} << 19);
  EXPECT_GT(saved.at("respM").get<std::string>().size(), std::size_t{1} << 18);
}

TEST(RecordFit, JsonAsTextKeepsEverythingInTexts) {
  auto info = record("");
  info.additional = R"({"$x": 1})";
  info.result = "[1]";
  const auto saved = recordOf(recordDocument(withJsonAsText(info), Time(), {}));
  EXPECT_EQ(saved.at("additional"), R"({"$x": 1})");
  EXPECT_EQ(saved.at("result"), "[1]");
}

}  // namespace
}  // namespace leptir::mongodb
