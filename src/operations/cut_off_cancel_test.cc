// Cancels that end between the removal of tasks and the saving of their records.
#include "operations/cancel_notes.h"
#include "operations/cancelled_tasks.h"
#include "operations/operations_fixture.h"

namespace leptir::operations {
namespace {

using testing::StoreCall;

const TaskAction kCancelTasks{.kind = TaskAction::Kind::Cancel};
const TaskTargets kAllOfFirst{.selection = {.broker = "first"}};

class CutOffCancelTest : public OperationsTest {
 protected:
  void expectCancelled(const std::string& id) {
    const auto record = records().loadMetaInfoById(id);
    ASSERT_TRUE(record) << id << ": " << record.error().message();
    EXPECT_EQ(record->at("cause"), "cancelled") << id;
    EXPECT_EQ(record->at("cancelledBy"), "ann@here");
    EXPECT_THAT(record->at("envelope").get<std::string>(), HasSubstr("\"mail\""));
  }
  std::size_t notes() {
    auto all = stores();
    return cancelNotesAt(all, kFirst)->size();
  }
  std::vector<FoundTask> waiting() { return store().keeper().list({}, "", 1'000)->tasks; }
  // What a process leaves behind that is killed: its number is that of no process.
  void becomeNoteOfADeadProcess() {
    const auto parts = store().fleet()->list("cancels/", "", 1'000);
    for (const auto& part : *parts) {
      auto text = part.value;
      const auto pid = "\\\"pid\\\":" + std::to_string(::getpid());
      if (const auto at = text.find(pid); at != std::string::npos) text.replace(at, pid.size(), "\\\"pid\\\":4194999");
      ASSERT_TRUE(store().fleet()->put(part.key, text, {}));
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, CutOffCancelTest, ::testing::Values("memory", "sqlite"));

TEST_P(CutOffCancelTest, RecordsThatCouldNotBeSavedAreSavedByTheSameCallAgain) {
  pushMany("a", 1'500, 1h);
  auto asked = operations();
  recordFaults.failNext(StoreCall::SaveRecords);
  const auto failed = asked.run(kCancelTasks, kAllOfFirst);
  ASSERT_THAT(failed->errors, SizeIs(1));
  EXPECT_THAT(failed->errors[0].message(), HasSubstr("the same call again goes on"));
  EXPECT_EQ(counts().scheduled, 500u);
  EXPECT_EQ(notes(), 1u);
  const auto again = asked.run(kCancelTasks, kAllOfFirst);
  EXPECT_TRUE(again->isComplete());
  EXPECT_EQ(again->changed, 500u);
  EXPECT_EQ(again->earlierCancelRecords, 1'000u);
  for (int i = 0; i < 1'500; ++i) expectCancelled("a" + std::to_string(10'000 + i));
  EXPECT_EQ(notes(), 0u);
}

TEST_P(CutOffCancelTest, TasksOfARemovalWhoseAnswerWasLostGetTheirRecords) {
  pushMany("a", 3, 1h);
  auto asked = operations();
  faults[kFirst].loseNextAnswer(StoreCall::RemoveMany);
  EXPECT_FALSE(asked.run(kCancelTasks, {.ids = {"a10000", "a10001", "a10002"}})->isComplete());
  EXPECT_EQ(counts(), TaskCounts());
  EXPECT_EQ(asked.run(kCancelTasks, {.ids = {"a10000"}})->earlierCancelRecords, 3u);
  for (const auto* id : {"a10000", "a10001", "a10002"}) expectCancelled(id);
}

TEST_P(CutOffCancelTest, TasksThatAKilledProcessHadRemovedGetTheirRecordsFromAnyLaterCancel) {
  pushMany("a", 3, 1h);
  auto all = stores();
  ASSERT_TRUE(writeCancelNote(all, kFirst, waiting()));
  ASSERT_TRUE(store().keeper().remove("a10000"));
  ASSERT_TRUE(store().keeper().remove("a10001"));
  becomeNoteOfADeadProcess();
  const auto report = operations("bob@there").run(kCancelTasks, {.ids = {"another"}});
  EXPECT_EQ(report->earlierCancelRecords, 2u);
  EXPECT_TRUE(report->errors.empty());
  expectCancelled("a10000");
  expectCancelled("a10001");
  EXPECT_FALSE(records().loadMetaInfoById("a10002")) << "it waits";
  EXPECT_EQ(notes(), 0u);
}

TEST_P(CutOffCancelTest, ANoteOfARunningProcessOfAnotherMachineIsLeftToItForAMinute) {
  push("a", 1h);
  auto all = stores();
  const auto name = *writeCancelNote(all, kFirst, waiting());
  const auto part = store().fleet()->list(name, "", 1)->front();
  auto text = part.value;
  const std::string space = "\\\"space\\\":\\\"";
  text.insert(text.find(space) + space.size(), "other-");
  ASSERT_TRUE(store().fleet()->put(part.key, text, {}));
  ASSERT_TRUE(store().keeper().remove("a"));
  EXPECT_EQ(operations().run(kCancelTasks, kAllOfFirst)->earlierCancelRecords, 0u);
  EXPECT_EQ(notes(), 1u);
  auto old = part.key;
  old.replace(sizeof "cancels/" - 1, 20, "00001000000000000000");
  ASSERT_TRUE(store().fleet()->erase(part.key));
  ASSERT_TRUE(store().fleet()->put(old, text, {}));
  EXPECT_EQ(operations().run(kCancelTasks, kAllOfFirst)->earlierCancelRecords, 1u);
  EXPECT_EQ(notes(), 0u);
}

TEST_P(CutOffCancelTest, ATaskThatRanAfterACancelWasKilledBeforeItsRemovalKeepsTheRecordOfTheRun) {
  push("ran", -1s);
  auto all = stores();
  ASSERT_TRUE(writeCancelNote(all, kFirst, waiting()));
  ASSERT_TRUE(store().keeper().remove("ran"));
  saveRecord("ran", ExitStatus::Success);
  becomeNoteOfADeadProcess();
  EXPECT_EQ(operations().run(kCancelTasks, kAllOfFirst)->earlierCancelRecords, 0u);
  EXPECT_EQ(records().loadMetaInfoById("ran")->at("cause"), "finished");
  EXPECT_EQ(notes(), 0u);
}

TEST_P(CutOffCancelTest, NoTaskIsRemovedWhileAMetaStorageDoesNotAnswer) {
  pushMany("a", 3, 1h);
  recordFaults.failUntilRepaired();
  auto asked = operations();
  const auto selected = asked.run(kCancelTasks, kAllOfFirst);
  ASSERT_THAT(selected->errors, SizeIs(1));
  EXPECT_THAT(selected->errors[0].message(), HasSubstr("no further task is cancelled"));
  EXPECT_FALSE(asked.run(kCancelTasks, {.ids = {"a10000"}})->isComplete());
  EXPECT_EQ(counts().scheduled, 3u);
}

TEST_P(CutOffCancelTest, NoTaskIsRemovedThatCannotBeNoted) {
  pushMany("a", 1'500, 1h);
  auto asked = operations();
  bool hasFailed = false;
  const auto report = asked.run(kCancelTasks, kAllOfFirst, [&](const ActionProgress&) {
    if (!std::exchange(hasFailed, true)) faults[kFirst].failNext(StoreCall::FleetPut);
    return true;
  });
  ASSERT_FALSE(report->errors.empty());
  EXPECT_THAT(report->errors[0].message(), HasSubstr("cannot be noted first"));
  EXPECT_EQ(counts().scheduled, 500u);
}

TEST_P(CutOffCancelTest, AStoreThatFailsWhileASliceIsFinishedCostsNoRecordOfTheOthers) {
  push("cancelled", -1s);
  push("ends", -1s);
  auto all = stores();
  const auto listed = waiting();
  ASSERT_TRUE(store().keeper().remove("ends"));
  saveRecord("ends", ExitStatus::Success);
  faults[kFirst].failNext(StoreCall::Find);
  SliceResult done;
  EXPECT_FALSE(SliceChanger(all, kFirst, kCancelTasks).change(listed, done));
  ASSERT_TRUE(operations().run(kCancelTasks, kAllOfFirst));
  expectCancelled("cancelled");
  EXPECT_EQ(records().loadMetaInfoById("ends")->at("cause"), "finished");
}

TEST_P(CutOffCancelTest, ANoteHoldsTasksThatAreLargerThanATextOfTheStore) {
  const BrokerTask large{.id = "large",
                         .name = "mail",
                         .parameters = "{\"text\":\"" + std::string(200'000, 'x') + "\"}",
                         .timeOfExecution = systemClock().now() + 1h};
  ASSERT_TRUE(store().pushBrokerTasks({&large, 1}));
  auto all = stores();
  const auto listed = waiting();
  const auto name = writeCancelNote(all, kFirst, listed);
  ASSERT_TRUE(name) << name.error().message();
  const auto note = readCancelNote(all, kFirst, *name);
  ASSERT_TRUE(note && *note);
  ASSERT_THAT((*note)->tasks, SizeIs(1));
  EXPECT_EQ((*note)->tasks[0].envelope, listed[0].envelope);
  EXPECT_EQ((*note)->tasks[0].due, listed[0].due);
  ASSERT_TRUE(eraseCancelNote(all, kFirst, *name));
  EXPECT_THAT(*store().fleet()->list("cancels/", "", 10), IsEmpty());
}

TEST_P(CutOffCancelTest, ANoteThatCannotBeReadChangesNothing) {
  push("a", 1h);
  for (const auto* text : {"no JSON", "[]", R"({"at":"today","tasks":[]})", R"({"at":1,"tasks":{"a":1}})",
                           R"({"at":1,"tasks":[5,{"id":7},{"id":"x","due":1,"counters":"none","envelope":"{}"}]})",
                           R"({"at":1,"tasks":[{"id":"x","due":1,"counters":{"a":1,"b":1,"c":1,"d":1}}]})"}) {
    ASSERT_TRUE(store().fleet()->put("cancels/00001000000000000000-00000000/000000", text, {}));
    const auto report = operations().run(kCancelTasks, {.ids = {"another"}});
    EXPECT_THAT(report->errors, IsEmpty()) << text;
    EXPECT_EQ(report->earlierCancelRecords, 0u) << text;
    EXPECT_EQ(notes(), 0u) << text;
  }
  EXPECT_EQ(counts().scheduled, 1u);
}

}  // namespace
}  // namespace leptir::operations
