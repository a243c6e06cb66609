#include "backends/mongodb/bson.h"

#include <gtest/gtest.h>

#include <limits>

#include "backends/mongodb/canonical_json.h"

namespace leptir::mongodb {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(Bson, KeepsTheOrderOfFields) {
  const auto document = Document().add("b", "x").add("a", 2).addNull("c").add("d", true).add("e", 1.5);
  EXPECT_EQ(
      canonicalExtendedJson(document),
      R"({ "b" : "x", "a" : { "$numberLong" : "2" }, "c" : null, "d" : true, "e" : { "$numberDouble" : "1.5" } })");
}

TEST(Bson, NestsDocumentsAndArrays) {
  const std::vector<Document> documents = {Document().add("x", 1), Document()};
  const std::vector<std::string> texts = {"a", ""};
  const auto document = Document().add("d", Document().add("y", 2)).add("l", documents).add("t", texts);
  EXPECT_EQ(canonicalExtendedJson(document),
            R"({ "d" : { "y" : { "$numberLong" : "2" } }, "l" : [ { "x" : { "$numberLong" : "1" } }, {  } ], )"
            R"("t" : [ "a", "" ] })");
}

TEST(Bson, FindsAValueByAPathOfNames) {
  const auto document = Document().add("a", Document().add("b", Document().add("c", "here")));
  EXPECT_EQ(DocumentView(document).text("a.b.c"), "here");
  EXPECT_FALSE(DocumentView(document).find("a.b.c.d"));
  EXPECT_FALSE(DocumentView(document).find("a.x"));
  EXPECT_FALSE(DocumentView(document).find(""));
  EXPECT_FALSE(DocumentView(document).find("."));
}

TEST(Bson, SaysNothingForAValueOfAnotherType) {
  const auto document = Document().add("t", "1").add("n", 1).add("d", Document());
  const DocumentView view(document);
  EXPECT_FALSE(view.integer("t"));
  EXPECT_FALSE(view.date("n"));
  EXPECT_FALSE(view.text("n"));
  EXPECT_FALSE(view.document("t"));
  EXPECT_FALSE(view.find("n")->boolean());
  EXPECT_TRUE(view.documents("d").empty());
  EXPECT_TRUE(view.documents("t").empty());
}

TEST(Bson, TakesAnyNumberWithAWholeValueAsAnInteger) {
  Document document;
  document.add("long", std::numeric_limits<std::int64_t>::min()).add("whole", 1e15).add("fraction", 0.5);
  document.add("huge", 9223372036854775808.0).add("least", -9223372036854775808.0);
  document.add("nan", std::numeric_limits<double>::quiet_NaN());
  bson_append_int32(document.mutableBson(), "int", -1, -7);
  const DocumentView view(document);
  EXPECT_EQ(view.integer("long"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(view.integer("whole"), 1'000'000'000'000'000);
  EXPECT_EQ(view.integer("int"), -7);
  EXPECT_EQ(view.integer("least"), std::numeric_limits<std::int64_t>::min());
  EXPECT_FALSE(view.integer("fraction"));
  EXPECT_FALSE(view.integer("huge"));
  EXPECT_FALSE(view.integer("nan"));
}

TEST(Bson, CutsDatesToWholeMillisecondsBeforeTheTimeAlsoBefore1970) {
  const auto document = Document().add("a", Time(microseconds(1'999))).add("b", Time(microseconds(-1)));
  EXPECT_EQ(DocumentView(document).date("a"), Time(milliseconds(1)));
  EXPECT_EQ(DocumentView(document).date("b"), Time(milliseconds(-1)));
}

TEST(Bson, GivesTheNearestTimeForADateBeyondTheRangeOfTimes) {
  Document document;
  bson_append_date_time(document.mutableBson(), "late", -1, std::numeric_limits<std::int64_t>::max());
  bson_append_date_time(document.mutableBson(), "early", -1, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(DocumentView(document).date("late"), Time::max());
  EXPECT_EQ(DocumentView(document).date("early"), Time::min());
}

TEST(Bson, KeepsTextsWithNul) {
  const auto document = Document().add("t", std::string_view("a\0b", 3)).add("empty", std::string_view());
  EXPECT_EQ(DocumentView(document).text("t"), std::string_view("a\0b", 3));
  EXPECT_EQ(DocumentView(document).text("empty"), "");
}

TEST(Bson, CopiesPartsOfOtherDocuments) {
  const std::vector<Document> list = {Document().add("x", 1), Document().add("x", 2)};
  const auto document = Document().add("v", 5).add("l", list);
  const DocumentView view(document);
  const auto copied = Document().add("w", *view.find("v")).add("first", view.documents("l").at(0));
  EXPECT_EQ(DocumentView(copied).integer("w"), 5);
  EXPECT_EQ(DocumentView(copied).integer("first.x"), 1);
  EXPECT_EQ(DocumentView(Document(view.documents("l").at(1))).integer("x"), 2);
}

TEST(Bson, CopiesAndMovesDocuments) {
  auto document = Document().add("a", 1);
  auto copy = document;
  copy.add("b", 2);
  EXPECT_FALSE(DocumentView(document).find("b"));
  const auto moved = std::move(copy);
  EXPECT_EQ(DocumentView(moved).integer("b"), 2);
  document = moved;
  EXPECT_EQ(DocumentView(document).integer("b"), 2);
}

TEST(Bson, FindsNothingInBytesThatAreNoDocument) {
  const std::uint8_t bytes[] = {200, 0, 0, 0, 2, 'a', 0, 255, 255, 255, 127, 'x', 0};
  const DocumentView view{std::span(bytes)};
  EXPECT_FALSE(view.find("a"));
  EXPECT_TRUE(Document(view).isEmpty());
  EXPECT_FALSE(DocumentView(std::span(bytes, 3)).find("a"));
  const DocumentView none{std::span<const std::uint8_t>()};
  EXPECT_FALSE(none.find("a"));
  EXPECT_TRUE(Document(none).add("a", 1).add("d", none).bytes() > 5);
}

}  // namespace
}  // namespace leptir::mongodb
