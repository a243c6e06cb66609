#include "fleet/instance_card.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fleet/fleet_fixture.h"

namespace leptir::fleet {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Time at(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

RunningTask runningTask(const std::string& id) {
  return {.id = id,
          .name = "App\\Mail",
          .began = at(1'700'000'100),
          .progress = 0.25,
          .progressText = "größe",
          .attempt = 3};
}

InstanceCard card() {
  return {.instance = std::string(32, 'a'),
          .host = "host",
          .version = "0.1.0",
          .broker = "main",
          .configuration = "/etc/leptir.yaml",
          .pid = 4711,
          .pidNamespace = "boot pid:[4026531836]",
          .workers = 8,
          .state = "running",
          .since = at(1'700'000'000),
          .written = at(1'700'000'200),
          .renewed = at(1'700'000'199),
          .done = 12'345'678'901,
          .failed = 3,
          .recent = {.done = 120, .failed = 2, .within = std::chrono::seconds(60)},
          .runningTasks = 1,
          .running = {runningTask("one")},
          .others = {{.broker = "side", .runningTasks = 2, .running = {runningTask("two")}}},
          .names = {"App\\Mail", "noop"},
          .paused = true,
          .answers = true,
          .drained = true,
          .reloads = Reloads{.requested = 3, .answered = 2, .refused = true}};
}

FleetEntry entryOf(const InstanceCard& card) {
  return {keyOf(card), textOf(card)};
}

TEST(InstanceCardTest, ACardIsReadAsItWasWritten) {
  EXPECT_EQ(keyOf(card()), "instances/" + std::string(32, 'a'));
  EXPECT_EQ(instanceCardOf(entryOf(card())), card());
}

TEST(InstanceCardTest, ACardOfAVersionThatDidNotCountIsReadWithoutCounts) {
  auto json = Json::parse(textOf(card()));
  json.erase("recent");
  auto read = instanceCardOf({keyOf(card()), json.dump()});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->recent, RecentTasks());
  json["recent"] = {{"done", 1}, {"failed", 0}, {"microseconds", -5}};
  EXPECT_EQ(instanceCardOf({keyOf(card()), json.dump()})->recent, RecentTasks()) << "no time is below zero";
}

TEST(InstanceCardTest, ACardOfAVersionThatDoesNotTellOfReloadsIsReadWithoutThem) {
  auto json = Json::parse(textOf(card()));
  json["reloads"] = {{"requested", -1}, {"answered", 0}, {"refused", false}};
  EXPECT_EQ(instanceCardOf({keyOf(card()), json.dump()})->reloads, std::nullopt);
  json.erase("reloads");
  json.erase("drained");
  const auto read = instanceCardOf({keyOf(card()), json.dump()});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->reloads, std::nullopt);
  EXPECT_FALSE(read->drained);
}

TEST(InstanceCardTest, TextsOfOtherProgramsAreNoCards) {
  for (const auto& text : textsOfOtherPrograms())
    EXPECT_EQ(instanceCardOf({keyOf(card()), text}), std::nullopt) << text.substr(0, 40);
}

TEST(InstanceCardTest, ACardWithAMissingMemberIsNone) {
  const auto entry = entryOf(card());
  for (const auto& key : membersOf(entry)) {
    if (key == "answers" || key == "recent" || key == "others" || key == "otherTasks" || key == "drained" ||
        key == "reloads" || key == "space")
      continue;  // earlier versions lack them
    EXPECT_EQ(instanceCardOf(without(entry, key)), std::nullopt) << key;
  }
}

TEST(InstanceCardTest, AnInstanceOfAnEarlierVersionAnswersNoQuestions) {
  const auto old = instanceCardOf(without(entryOf(card()), "answers"));
  ASSERT_TRUE(old);
  EXPECT_FALSE(old->answers);
}

TEST(InstanceCardTest, ACardWithAnUnfitNumberIsNone) {
  const auto entry = entryOf(card());
  for (const auto* key : {"pid", "workers", "done", "failed", "runningTasks"}) {
    for (const Json& value : {Json(-1), Json(0.5), Json("7"), Json(), Json(1e300)})
      EXPECT_EQ(instanceCardOf(with(entry, key, value)), std::nullopt) << key << value;
  }
  for (const auto* key : {"pid", "workers"})
    EXPECT_EQ(instanceCardOf(with(entry, key, UINT64_MAX)), std::nullopt) << key;
}

TEST(InstanceCardTest, ACardUnderTheKeyOfAnotherInstanceIsNone) {
  auto entry = entryOf(card());
  entry.key = "instances/" + std::string(32, 'b');
  EXPECT_EQ(instanceCardOf(entry), std::nullopt);
  EXPECT_EQ(instanceCardOf(with({"instances/x", entry.value}, "instance", "x")), std::nullopt);
}

TEST(InstanceCardTest, MembersThatALaterVersionAddsAreIgnored) {
  EXPECT_EQ(instanceCardOf(with(entryOf(card()), "shoeSize", 44)), card());
}

TEST(InstanceCardTest, UnfitElementsOfListsAreLeftOut) {
  auto entry = with(entryOf(card()), "names", Json::array({"good", 7, "", "a\x1b[2J", nullptr, std::string(300, 'x')}));
  auto running = Json::parse(entry.value)["running"];
  for (const auto& value : unfitValues()) running.push_back(value);
  entry = with(entry, "running", running);
  const auto read = instanceCardOf(entry);
  ASSERT_TRUE(read);
  EXPECT_THAT(read->names, ElementsAre("good"));
  EXPECT_THAT(read->running, ElementsAre(runningTask("one")));
}

TEST(InstanceCardTest, ControlCharactersAreEscaped) {
  auto hostile = card();
  hostile.host = hostile.broker = hostile.state = hostile.configuration = "\x1b[2J\n";
  hostile.running[0].progressText = hostile.running[0].id = "\u202e";
  const auto read = instanceCardOf(entryOf(hostile));
  ASSERT_TRUE(read);
  for (const auto& text : {read->host, read->broker, read->state, read->configuration}) EXPECT_EQ(text, "\\x1b[2J\\n");
  EXPECT_EQ(read->running[0].progressText, "\\u202e");
  EXPECT_EQ(read->running[0].id, "\\u202e");
}

TEST(InstanceCardTest, ProgressIsBetweenNothingAndTheWholeAlsoWhereATaskReportedNoNumber) {
  auto strange = card();
  strange.running = {runningTask("a"), runningTask("b"), runningTask("c")};
  strange.running[0].progress = NAN;
  strange.running[1].progress = -3;
  strange.running[2].progress = 1e9;
  auto read = instanceCardOf(entryOf(strange));
  ASSERT_THAT(read->running, SizeIs(3));
  EXPECT_EQ(read->running[0].progress, 0);
  EXPECT_EQ(read->running[1].progress, 0);
  EXPECT_EQ(read->running[2].progress, 1);
}

TEST(InstanceCardTest, TheFirstTasksAreShownWhereThereAreTooMany) {
  auto busy = card();
  busy.running.clear();
  for (int i = 0; i < 1'024; ++i) busy.running.push_back(runningTask(std::to_string(i)));
  busy.runningTasks = busy.running.size();
  const auto read = instanceCardOf(entryOf(busy));
  ASSERT_TRUE(read);
  EXPECT_THAT(read->running, SizeIs(kMaxTasksPerCard));
  EXPECT_EQ(read->running.back().id, "199");
  EXPECT_EQ(read->runningTasks, 1'024u);
}

TEST(InstanceCardTest, ACardThatIsTooLargeLosesTheEndsOfItsLists) {
  auto large = card();
  large.running.assign(kMaxTasksPerCard, runningTask(std::string(255, '\x02')));
  large.names.clear();
  for (int i = 0; i < 10'000; ++i) large.names.push_back(std::string(200, 'n') + std::to_string(i));
  large.host = large.configuration = std::string(1'000'000, '\x01');
  const auto text = textOf(large);
  EXPECT_LE(text.size(), kMaxFleetValueBytes);
  const auto read = instanceCardOf({keyOf(large), text});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->names.at(0), std::string(200, 'n') + "0");
}

TEST(InstanceCardTest, ACardThatIsTooLargeKeepsTheNumbersOfTheTasksOfOtherBrokers) {
  auto large = card();
  auto task = runningTask("two");
  task.progressText = std::string(200, 'x');
  large.others.clear();
  for (std::size_t i = 0; i < kMaxOtherBrokersPerCard; ++i)
    large.others.push_back({.broker = "side" + std::to_string(i),
                            .runningTasks = 77,
                            .running = std::vector(kMaxTasksPerOtherBroker, task)});
  const auto read = instanceCardOf(entryOf(large));
  ASSERT_TRUE(read);
  EXPECT_LE(textOf(large).size(), kMaxFleetValueBytes);
  EXPECT_EQ(read->running, card().running) << "the tasks of the card's own broker are kept first";
  ASSERT_THAT(read->others, SizeIs(kMaxOtherBrokersPerCard));
  EXPECT_EQ(read->others.back().runningTasks, 77u);
}

TEST(InstanceCardTest, AnIdleInstanceHasNoTask) {
  auto idle = card();
  idle.running.clear();
  idle.runningTasks = 0;
  EXPECT_THAT(instanceCardOf(entryOf(idle))->running, IsEmpty());
}

}  // namespace
}  // namespace leptir::fleet
