#include "backends/mongodb/task_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace leptir::mongodb {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

constexpr std::size_t kMaxBytes = 16 * 1024 * 1024;
constexpr auto kDue = Time(1795451575s + 984655us);

EncodedTask encoded(std::string parameters = R"({"n":1})") {
  BrokerTask task;
  task.id = "id1";
  task.name = "noop";
  task.parameters = std::move(parameters);
  task.counters = {.failures = 1, .crashes = 2, .expiries = 3, .unknown = 4};
  return EncodedTask::encode(task).value();
}

Document stored(std::string parameters = R"({"n":1})") {
  return taskDocument(encoded(std::move(parameters)), kDue, kMaxBytes).value();
}

TEST(DocumentId, BeginsWithTheDueTimeToTheMicrosecond) {
  EXPECT_THAT(documentId(kDue, 0), MatchesRegex("6b046ab70\\.984655[0-9][0-9]"));
  EXPECT_THAT(documentId(Time(1s + 7us), 0), StartsWith("000000010.000007"));
  EXPECT_THAT(documentId(Time(), 0), StartsWith("000000000.000000"));
}

TEST(DocumentId, HasNineHexDigitsFrom2106On) {
  EXPECT_THAT(documentId(Time(4294967296s), 0), StartsWith("1000000000.000000"));
}

TEST(DocumentId, BeginsWithZeroForTimesBefore1970) {
  EXPECT_THAT(documentId(Time(-1us), 0), StartsWith("000000000.000000"));
  EXPECT_THAT(documentId(Time::min(), 0), StartsWith("000000000.000000"));
}

TEST(DocumentId, HasMoreRandomDigitsWithEachCollision) {
  EXPECT_EQ(documentId(kDue, 0).size(), 18u);
  EXPECT_EQ(documentId(kDue, 1).size(), 22u);
  EXPECT_LT(documentId(kDue, std::numeric_limits<int>::max()).size(), 64u);
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(documentId(kDue, 3));
  EXPECT_EQ(ids.size(), 1000u);
}

TEST(DocumentId, OrdersTasksByTheirDueTimes) {
  const Time times[] = {Time(0us), Time(1us), Time(999999us), Time(1s), Time(4294967295s)};
  for (std::size_t i = 1; i < std::size(times); ++i) EXPECT_LT(documentId(times[i - 1], 0), documentId(times[i], 0));
}

TEST(DueIn, ReadsTheSecondsOfAnId) {
  EXPECT_EQ(dueIn("6b046ab70.98465517"), Time(1795451575s));
  EXPECT_EQ(dueIn("000000010.05210220"), Time(1s));
  EXPECT_EQ(dueIn("1000000000.16148151"), Time(4294967296s));
  EXPECT_EQ(dueIn("ffffffffffffffff0.74061267"), Time(-1s));
  EXPECT_EQ(dueIn(documentId(kDue, 5)), Time(1795451575s));
}

TEST(DueIn, LimitsTimes) {
  EXPECT_EQ(dueIn("7fffffffffffffff0.0"), Time(kMaxTimeSpan));
  EXPECT_EQ(dueIn("80000000000000000.0"), Time(-kMaxTimeSpan));
}

TEST(DueIn, FindsNoTimeInOtherIds) {
  for (const auto* id : {"", ".", "6b046ab7", "6b046ab70", "6b046a70.98465517", "6b046ab7.98465517", "0x46ab700.98",
                         "-b046ab70.98", "xyzxyzxy0.98465517", "ffffffffffffffff00.7", "6B046AB7x.5"}) {
    EXPECT_FALSE(dueIn(id)) << id;
  }
}

TEST(DueOfForeign, IsTheTimeOfTheIdBeforeThatOfToex) {
  EXPECT_EQ(dueOfForeign(Document().add("toex", 5).add("_id", "6b046ab70.98465517")), Time(1795451575s));
  EXPECT_EQ(dueOfForeign(Document().add("toex", 5).add("_id", "x")), Time(5s));
  EXPECT_EQ(dueOfForeign(Document().add("toex", 5.0).add("_id", 1)), Time(5s));
  EXPECT_EQ(dueOfForeign(Document().add("toex", Time(5ms)).add("_id", 1)), Time(5ms));
  EXPECT_EQ(dueOfForeign(Document().add("toex", std::numeric_limits<std::int64_t>::max())), Time(kMaxTimeSpan));
}

TEST(DueOfForeign, IsAtOnceWithoutATime) {
  EXPECT_FALSE(dueOfForeign(Document().add("toex", "").add("_id", "x")));
  EXPECT_FALSE(dueOfForeign(Document().add("toex", 0)));
  EXPECT_FALSE(dueOfForeign(Document()));
}

TEST(TaskDocument, HasTheFieldsThenTheIdThenLeptirsPart) {
  const auto document = stored();
  std::vector<std::string> names;
  DocumentView(document).forEach([&](const ValueView& value) { names.emplace_back(value.key()); });
  EXPECT_EQ(names, (std::vector<std::string>{"cn", "pr", "tl", "toex", "td", "at", "cr", "ex", "un", "_id", "leptir"}));
  const DocumentView view(document);
  EXPECT_THAT(std::string(view.text("_id").value()), StartsWith("6b046ab70.984655"));
  EXPECT_EQ(view.text(field::kState), state::kWaiting);
  EXPECT_EQ(view.date(field::kDue), Time(1795451575s + 984ms));
  EXPECT_EQ(view.text(field::kId), "id1");
  EXPECT_EQ(countersOf(document), (Counters{1, 2, 3, 4}));
  EXPECT_FALSE(view.find("leptir.text"));
}

TEST(TaskDocument, HasTheTextOnlyIfItIsNeeded) {
  const auto task = encoded(R"({"n": 1})");
  const auto document = taskDocument(task, kDue, kMaxBytes).value();
  EXPECT_EQ(DocumentView(document).text("leptir.text"), task.envelope);
}

TEST(TaskDocument, HasNoCountersThatAreZero) {
  BrokerTask task;
  task.id = "id1";
  task.name = "noop";
  const auto document = taskDocument(EncodedTask::encode(task).value(), kDue, kMaxBytes).value();
  EXPECT_EQ(countersOf(document), Counters{});
  EXPECT_FALSE(DocumentView(document).find("leptir.failures"));
}

TEST(TaskDocument, LargerThanTheServersLimitIsRefusedWithItsTask) {
  const auto task = encoded();
  const auto bytes = stored().bytes();
  EXPECT_TRUE(taskDocument(task, kDue, bytes));
  const auto refused = taskDocument(task, kDue, bytes - 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::TooLarge);
  EXPECT_THAT(refused.error().message(), HasSubstr("task id1: "));
}

TEST(TaskDocument, WithARefusedNameIsRefusedWithItsTask) {
  const auto refused = taskDocument(encoded(R"({"$x":1})"), kDue, kMaxBytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("task id1: "));
}

TEST(Handle, FindsDocumentsByAnIdOfAnyType) {
  Document ids[] = {Document().add("_id", "text"), Document().add("_id", 5), Document().add("_id", kDue),
                    Document().add("_id", Document().add("a", 1)), Document()};
  bson_oid_t objectId;
  bson_oid_init_from_data(&objectId, reinterpret_cast<const std::uint8_t*>("twelve bytes"));
  bson_append_oid(ids[4].mutableBson(), "_id", -1, &objectId);
  for (const auto& id : ids) {
    const auto handle = handleOf(id);
    ASSERT_TRUE(handle);
    EXPECT_TRUE(bson_equal(idFilter(*handle).get(), id.get()));
    Document list;
    addIdTo(list, "0", *handle);
    EXPECT_EQ(DocumentView(list).find("0")->type(), DocumentView(id).find("_id")->type());
  }
}

TEST(Handle, IsMissingForAnIdThatIsTooLong) {
  EXPECT_TRUE(handleOf(Document().add("_id", std::string(2000, 'x'))));
  EXPECT_FALSE(handleOf(Document().add("_id", std::string(2040, 'x'))));
  EXPECT_FALSE(handleOf(Document().add("id", "x")));
}

TEST(Handle, OfOtherBytesFindsNothing) {
  Document list;
  addIdTo(list, "0", "other");
  EXPECT_TRUE(list.isEmpty());
  EXPECT_TRUE(idFilter("other").isEmpty());
}

TEST(LeasedTaskOfADocument, HasItsLeaseItsCountersAndItsEnvelope) {
  const auto task = encoded();
  Document document = Document().add("cn", "noop").add("_id", "x");
  document.add("leptir", Document().add("lease", 77).add("failures", 9).add("cancel", "user@host"));
  const auto leased = leasedTask(document);
  EXPECT_EQ(leased.envelope, R"({"cn":"noop"})");
  EXPECT_EQ(leased.lease.number, 77u);
  EXPECT_EQ(leased.counters.failures, 9u);
  EXPECT_EQ(leased.cancelledBy, "user@host");
  EXPECT_TRUE(bson_equal(idFilter(leased.lease.handle).get(), Document().add("_id", "x").get()));
}

TEST(FoundTaskOfADocument, TellsItsState) {
  const auto with = [](const char* state) {
    return foundTask(Document().add("leptir", Document().add("state", state).add("due", Time(5s))), Time(10s)).state;
  };
  EXPECT_EQ(with("waiting"), TaskState::Due);
  EXPECT_EQ(with("leased"), TaskState::Leased);
  EXPECT_EQ(with("buried"), TaskState::Buried);
  EXPECT_EQ(foundTask(stored(), kDue - 1s).state, TaskState::Scheduled);
}

TEST(FoundTaskOfADocument, HasItsIdDueTimeAndReason) {
  const auto document = Document().add("leptir", Document().add("id", "x").add("due", Time(5s)).add("reason", "why"));
  const auto found = foundTask(document, Time(10s));
  EXPECT_EQ(found.id, "x");
  EXPECT_EQ(found.due, Time(5s));
  EXPECT_EQ(found.reason, "why");
}

TEST(FoundTaskOfADocument, OfAnotherProgramHasTheIdAndTheTimeThatItWrote) {
  const auto document = Document().add("td", Document().add("id", "x")).add("_id", "6b046ab70.98465517");
  const auto found = foundTask(document, Time(10s));
  EXPECT_EQ(found.id, "x");
  EXPECT_EQ(found.due, Time(1795451575s));
  EXPECT_EQ(found.state, TaskState::Scheduled);
}

TEST(Counters, OfAnyValuesAreInTheirRange) {
  const auto document = Document().add(
      "leptir", Document().add("failures", -1).add("crashes", std::int64_t{1} << 40).add("expiries", "x"));
  EXPECT_EQ(countersOf(document), (Counters{0, std::numeric_limits<std::uint32_t>::max(), 0, 0}));
}

}  // namespace
}  // namespace leptir::mongodb
