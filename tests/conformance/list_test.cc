// TaskKeeper::list and earliestDue.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class ListConformance : public BrokerConformance {
 protected:
  TaskList page(const TaskFilter& filter = {}, std::string_view cursor = {}, std::size_t limit = 1000) {
    return must(keeper().list(filter, cursor, limit));
  }
  // All pages, each with at most `limit` tasks.
  std::vector<FoundTask> all(const TaskFilter& filter = {}, std::size_t limit = 1000) {
    std::vector<FoundTask> tasks;
    std::string cursor;
    do {
      auto next = page(filter, cursor, limit);
      EXPECT_LE(next.tasks.size(), limit);
      std::ranges::move(next.tasks, std::back_inserter(tasks));
      cursor = next.cursor;
    } while (!cursor.empty());
    return tasks;
  }
  static Ids idsOf(const std::vector<FoundTask>& tasks) {
    Ids ids;
    for (const auto& each : tasks) ids.push_back(each.id);
    return ids;
  }
  Ids ids(const TaskFilter& filter = {}, std::size_t limit = 1000) { return idsOf(all(filter, limit)); }
  void pushNamed(std::string id, std::string name) {
    auto named = task(std::move(id));
    named.name = std::move(name);
    push({named});
  }
  // Two buried, two scheduled, two due and two leased tasks.
  std::unique_ptr<BrokerSession> pushSomeInEachState() {
    pushBuried({"buried2", "buried1"});
    push({task("leased1"), task("leased2")});
    auto session = openSession('a');
    pop(*session);
    const auto now = store_->now();
    push(
        {task("scheduled2", now + 20s), task("scheduled1", now + 10s), task("due2", now - 1s), task("due1", now - 2s)});
    return session;
  }
};

LEPTIR_CONFORMANCE_GROUP_ON(List, ListConformance, backendsWhere(&BrokerTraits::listsTasks));

TEST_P(List, ListsDueTasksThenScheduledOnesThenLeasedOnesThenBuriedOnes) {
  const auto session = pushSomeInEachState();
  auto listed = ids();
  ASSERT_EQ(listed.size(), 8u);
  std::sort(listed.begin() + 4, listed.begin() + 6);
  EXPECT_THAT(listed,
              ElementsAre("due1", "due2", "scheduled1", "scheduled2", "leased1", "leased2", "buried2", "buried1"));
}

TEST_P(List, ListsWhatFindFinds) {
  const auto session = pushSomeInEachState();
  const auto listed = all();
  ASSERT_EQ(listed.size(), 8u);
  for (const auto& each : listed) {
    const auto found = find(each.id);
    EXPECT_EQ(each.state, found.state) << each.id;
    EXPECT_EQ(each.due, found.due) << each.id;
    EXPECT_EQ(each.counters, found.counters) << each.id;
    EXPECT_EQ(each.envelope, found.envelope) << each.id;
    EXPECT_EQ(each.reason, found.reason) << each.id;
  }
}

TEST_P(List, TasksThatWerePushedWithAndWithoutATimeAreListedByTheirTimes) {
  push({task("second")});
  push({task("first", store_->now() - 10s)});
  store_->advance(10ms);
  push({task("third", store_->now() - 1ms)});
  EXPECT_THAT(ids({}, 1), ElementsAre("first", "second", "third"));
}

TEST_P(List, AnEmptyQueueHasOneEmptyPage) {
  const auto only = page();
  EXPECT_TRUE(only.tasks.empty());
  EXPECT_EQ(only.cursor, "");
  EXPECT_EQ(only.examined, 0u);
}

TEST_P(List, GoesOnBehindTheCursorWhateverTheLimit) {
  const auto session = pushSomeInEachState();
  const auto whole = ids();
  for (const std::size_t limit : {1, 2, 3, 5, 7, 8}) EXPECT_EQ(ids({}, limit), whole) << limit;
  EXPECT_EQ(page({}, {}, 3).tasks.size(), 3u);
}

TEST_P(List, GoesOnBehindTheCursorAmongTasksOfOneTime) {
  std::vector<BrokerTask> same;
  for (int i = 1; i <= 25; ++i) same.push_back(task("t" + std::to_string(i), store_->now() + 10s));
  push(same);
  const auto listed = ids({}, 3);
  EXPECT_EQ(listed.size(), 25u);
  EXPECT_EQ(std::set(listed.begin(), listed.end()).size(), 25u);
}

TEST_P(List, WithTheLatestFirstEachPartIsListedFromItsEnd) {
  LEPTIR_NEEDS_TRAIT(listsLatestFirst);
  const auto session = pushSomeInEachState();
  for (const std::size_t limit : {1, 2, 3, 5, 1000}) {
    auto listed = ids({.order = ListOrder::LatestFirst}, limit);
    ASSERT_EQ(listed.size(), 8u) << limit;
    std::sort(listed.begin() + 4, listed.begin() + 6);
    EXPECT_THAT(listed,
                ElementsAre("scheduled2", "scheduled1", "due2", "due1", "leased1", "leased2", "buried1", "buried2"))
        << limit;
  }
}

TEST_P(List, WithTheLatestFirstTheTasksOfOneStateAndOfARangeOfTimesAreListed) {
  LEPTIR_NEEDS_TRAIT(listsLatestFirst);
  const auto now = store_->now();
  const auto session = pushSomeInEachState();
  const auto latest = ListOrder::LatestFirst;
  EXPECT_THAT(ids({.state = TaskState::Due, .order = latest}, 1), ElementsAre("due2", "due1"));
  EXPECT_THAT(ids({.state = TaskState::Scheduled, .order = latest}, 1), ElementsAre("scheduled2", "scheduled1"));
  EXPECT_THAT(ids({.state = TaskState::Buried, .order = latest}, 1), ElementsAre("buried1", "buried2"));
  EXPECT_THAT(ids({.state = TaskState::Scheduled, .dueBefore = now + 15s, .order = latest}, 1),
              ElementsAre("scheduled1"));
  EXPECT_THAT(ids({.state = TaskState::Scheduled, .dueFrom = now + 15s, .order = latest}, 1),
              ElementsAre("scheduled2"));
  EXPECT_THAT(ids({.idPrefix = "scheduled", .order = latest}, 1), ElementsAre("scheduled2", "scheduled1"));
}

TEST_P(List, WithTheLatestFirstTasksOfOneTimeAreListedOnceInTheOppositeOrder) {
  LEPTIR_NEEDS_TRAIT(listsLatestFirst);
  std::vector<BrokerTask> same;
  for (int i = 1; i <= 25; ++i) same.push_back(task("t" + std::to_string(i), store_->now() + 10s));
  push(same);
  auto listed = ids({.order = ListOrder::LatestFirst}, 3);
  std::ranges::reverse(listed);
  EXPECT_EQ(listed, ids({}, 1000));
}

TEST_P(List, WithTheLatestFirstItGoesOnBehindATaskThatWasRemoved) {
  LEPTIR_NEEDS_TRAIT(listsLatestFirst);
  const auto now = store_->now();
  push({task("1", now + 1s), task("2", now + 2s), task("3", now + 3s)});
  const TaskFilter latestFirst{.order = ListOrder::LatestFirst};
  const auto first = page(latestFirst, {}, 2);
  EXPECT_THAT(idsOf(first.tasks), ElementsAre("3", "2"));
  must(keeper().removeMany(Ids{"2", "3"}));
  push({task("4", now + 4s)});
  EXPECT_THAT(idsOf(page(latestFirst, first.cursor).tasks), ElementsAre("1"));
}

TEST_P(List, CountsTheTasksThatItComparedWithTheFilter) {
  push(tasks("t", 5));
  const auto whole = page();
  EXPECT_EQ(whole.tasks.size(), 5u);
  EXPECT_GE(whole.examined, 5u);
}

TEST_P(List, ChangesNothing) {
  const auto session = pushSomeInEachState();
  const auto before = counts();
  ids({}, 2);
  EXPECT_EQ(counts(), before);
}

// Behind and before the cursor tasks come, go, and move.
TEST_P(List, ATaskThatStaysIsListedOnceWhileOthersComeAndGo) {
  const auto now = store_->now();
  std::vector<BrokerTask> some;
  for (int i = 0; i < 20; ++i) some.push_back(task("t" + std::to_string(i), now + 1s + i * 1s));
  push(some);
  pushBuried({"b1", "b2", "b3"});
  Ids listed;
  std::string cursor;
  int round = 0;
  do {
    const auto next = page({}, cursor, 2);
    for (const auto& each : next.tasks) listed.push_back(each.id);
    cursor = next.cursor;
    push({task("before" + std::to_string(round), now + 500ms), task("behind" + std::to_string(round), now + 1h)});
    if (round < 5) must(keeper().removeMany(Ids{"t" + std::to_string(round), "t" + std::to_string(19 - round)}));
    if (round == 10) must(keeper().remove("b1"));
    ++round;
    ASSERT_LT(round, 100);
  } while (!cursor.empty() && listed.size() < 200);
  for (int i = 5; i < 15; ++i) EXPECT_EQ(std::ranges::count(listed, "t" + std::to_string(i)), 1) << i;
  for (const auto* buried : {"b2", "b3"}) EXPECT_EQ(std::ranges::count(listed, buried), 1) << buried;
}

TEST_P(List, GoesOnBehindATaskThatWasRemoved) {
  const auto now = store_->now();
  push({task("1", now + 1s), task("2", now + 2s), task("3", now + 3s)});
  const auto first = page({}, {}, 2);
  EXPECT_THAT(idsOf(first.tasks), ElementsAre("1", "2"));
  must(keeper().removeMany(Ids{"1", "2"}));
  EXPECT_THAT(idsOf(page({}, first.cursor).tasks), ElementsAre("3"));
}

TEST_P(List, AScheduledTaskThatBecomesDueIsListedOnce) {
  const auto now = store_->now();
  push({task("1", now + 1s), task("2", now + 2s), task("3", now + 3s)});
  const auto first = page({}, {}, 1);
  store_->advance(10s);
  EXPECT_THAT(idsOf(page({}, first.cursor).tasks), ElementsAre("2", "3"));
}

TEST_P(List, ListsTheTasksOfOneState) {
  const auto session = pushSomeInEachState();
  EXPECT_THAT(ids({.state = TaskState::Due}, 1), ElementsAre("due1", "due2"));
  EXPECT_THAT(ids({.state = TaskState::Scheduled}, 1), ElementsAre("scheduled1", "scheduled2"));
  EXPECT_THAT(ids({.state = TaskState::Leased}, 1), UnorderedElementsAre("leased1", "leased2"));
  EXPECT_THAT(ids({.state = TaskState::Buried}, 1), ElementsAre("buried2", "buried1"));
}

TEST_P(List, ListsTheTasksOfOneName) {
  pushNamed("1", "resize");
  pushNamed("2", "resize-all");
  pushNamed("3", "App\\Resize");
  pushNamed("4", "žába/\"quoted\"");
  auto inside = task("5");
  inside.parameters = R"({"cn":"resize"})";
  push({inside});
  EXPECT_THAT(ids({.name = "resize"}), ElementsAre("1"));
  EXPECT_THAT(ids({.name = "App\\Resize"}), ElementsAre("3"));
  EXPECT_THAT(ids({.name = "žába/\"quoted\""}), ElementsAre("4"));
  EXPECT_THAT(ids({.name = "size"}), ElementsAre());
}

TEST_P(List, ListsTheTasksOfOneNameInEachState) {
  const auto session = pushSomeInEachState();
  EXPECT_EQ(ids({.name = "Test"}, 3).size(), 8u);
  EXPECT_EQ(ids({.state = TaskState::Buried, .name = "Test"}).size(), 2u);
  EXPECT_EQ(ids({.state = TaskState::Leased, .name = "Other"}).size(), 0u);
}

TEST_P(List, ListsTheTasksWhoseIdsBeginSo) {
  push({task("ab1"), task("ab2"), task("a"), task("b"), task("abc"), task("AB1"), task("a%"), task("a_1"), task("a*")});
  EXPECT_THAT(ids({.idPrefix = "ab"}, 1), UnorderedElementsAre("ab1", "ab2", "abc"));
  EXPECT_THAT(ids({.idPrefix = "ab1"}), ElementsAre("ab1"));
  EXPECT_THAT(ids({.idPrefix = "a%"}), ElementsAre("a%"));
  EXPECT_THAT(ids({.idPrefix = "a_"}), ElementsAre("a_1"));
  EXPECT_THAT(ids({.idPrefix = "a*"}), ElementsAre("a*"));
  EXPECT_THAT(ids({.idPrefix = "none"}), ElementsAre());
}

TEST_P(List, ListsTheTasksWhoseIdsBeginSoInTheOrderOfTheQueue) {
  const auto session = pushSomeInEachState();
  push({task("dx", store_->now() - 3s), task("z")});
  EXPECT_THAT(ids({.idPrefix = "d"}, 1), ElementsAre("dx", "due1", "due2"));
  EXPECT_THAT(ids({.idPrefix = "buried"}, 1), ElementsAre("buried2", "buried1"));
  EXPECT_THAT(ids({.idPrefix = "leased"}, 1), UnorderedElementsAre("leased1", "leased2"));
}

TEST_P(List, ListsTheTasksWithADueTimeFromOneTimeToBeforeAnother) {
  const auto now = store_->now();
  push({task("1", now - 10s), task("2", now + 10s), task("3", now + 20s), task("4", now + 30s)});
  EXPECT_THAT(ids({.dueFrom = now + 10s}, 1), ElementsAre("2", "3", "4"));
  EXPECT_THAT(ids({.dueBefore = now + 20s}, 1), ElementsAre("1", "2"));
  EXPECT_THAT(ids({.dueFrom = now + 10s, .dueBefore = now + 30s}, 1), ElementsAre("2", "3"));
  EXPECT_THAT(ids({.dueFrom = now - 10s, .dueBefore = now}), ElementsAre("1"));
  EXPECT_THAT(ids({.state = TaskState::Due, .dueFrom = now + 10s}), ElementsAre());
}

TEST_P(List, ComparesTheTimeFromWhichALeasedOrBuriedTaskCouldLastBeLeased) {
  const auto now = store_->now();
  push({task("leased", now - 20s)});
  const auto session = openSession('a');
  pop(*session);
  push({task("buried", now - 10s)});
  const auto buried = popOne(*session);
  must(session->bury(std::vector<TaskBurial>{{buried.lease, {}, "why", buried.envelope}}));
  EXPECT_THAT(ids({.dueBefore = now - 15s}), ElementsAre("leased"));
  EXPECT_THAT(ids({.dueFrom = now - 15s, .dueBefore = now - 5s}), ElementsAre("buried"));
}

TEST_P(List, ListsTheBuriedTasksWithAPartOfTheReason) {
  pushBuried({"one", "two"});
  push({task("of")});
  EXPECT_THAT(ids({.reasonContains = "because of"}, 1), ElementsAre("one", "two"));
  EXPECT_THAT(ids({.reasonContains = "of two"}), ElementsAre("two"));
  EXPECT_THAT(ids({.reasonContains = "OF TWO"}), ElementsAre());
  EXPECT_THAT(ids({.state = TaskState::Due, .reasonContains = "of"}), ElementsAre());
}

TEST_P(List, EachFieldOfAFilterMustMatch) {
  const auto session = pushSomeInEachState();
  const auto now = store_->now();
  EXPECT_THAT(ids({.state = TaskState::Due, .name = "Test", .idPrefix = "du", .dueFrom = now - 1s}),
              ElementsAre("due2"));
  EXPECT_THAT(ids({.state = TaskState::Due, .name = "Other", .idPrefix = "du"}), ElementsAre());
  EXPECT_THAT(ids({.name = "Test", .idPrefix = "b", .reasonContains = "buried1"}), ElementsAre("buried1"));
}

TEST_P(List, ListsMalformedBytesUnderNoName) {
  store_->pushRaw("oops", store_->now());
  push({task("fine")});
  const auto listed = all();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(std::ranges::count(listed, store_->stored("oops"), &FoundTask::envelope), 1);
  EXPECT_THAT(ids({.name = "Test"}), ElementsAre("fine"));
}

TEST_P(List, ComparesABoundedNumberOfTasksInOneCall) {
  constexpr int kMany = kMaxTasksExamined + 500;
  for (int pushed = 0; pushed < kMany; pushed += 500) push(tasks("t" + std::to_string(pushed) + "-", 500));
  pushNamed("last", "Other");
  Ids found;
  std::string cursor;
  std::uint64_t examined = 0;
  do {
    const auto next = page({.name = "Other"}, cursor, 10);
    EXPECT_LE(next.examined, kMaxTasksExamined);
    for (const auto& each : next.tasks) found.push_back(each.id);
    examined += next.examined;
    cursor = next.cursor;
  } while (!cursor.empty());
  EXPECT_THAT(found, ElementsAre("last"));
  EXPECT_GE(examined, 1u);
  EXPECT_LE(examined, kMany + 1u);
}

TEST_P(List, APageOfLargeTasksEndsEarly) {
  for (int i = 0; i < 20; ++i) {
    auto large = task("t" + std::to_string(i), store_->now() + 1s + i * 1s);
    large.parameters = '"' + std::string(1 << 20, 'x') + '"';
    push({large});
  }
  const auto first = page();
  std::size_t bytes = 0;
  for (const auto& each : first.tasks) bytes += each.envelope.size();
  EXPECT_LE(bytes - first.tasks.back().envelope.size(), kMaxPageBytes);
  EXPECT_LT(first.tasks.size(), 20u);
  EXPECT_EQ(first.tasks.size() + idsOf(page({}, first.cursor).tasks).size(), 20u);
}

TEST_P(List, RefusesACursorThatNoCallReturned) {
  push(tasks("t", 3));
  for (const auto* cursor : {"nonsense", "1", "0:1:2:3:4:5:6:7:8", " ", "\n", "-"})
    EXPECT_EQ(codeOf(keeper().list({}, cursor, 1)), ErrorCode::Invalid) << cursor;
}

TEST_P(List, TheEarliestDueTimeIsThatOfTheTaskThatIsLeasedFirst) {
  EXPECT_EQ(must(keeper().earliestDue()), std::nullopt);
  const auto now = store_->now();
  push({task("later", now + 20s)});
  EXPECT_EQ(must(keeper().earliestDue()), now + 20s);
  push({task("sooner", now + 10s)});
  EXPECT_EQ(must(keeper().earliestDue()), now + 10s);
  push({task("at once")});
  EXPECT_EQ(must(keeper().earliestDue()), find("at once").due);
  push({task("long due", now - 10s)});
  EXPECT_EQ(must(keeper().earliestDue()), now - 10s);
}

TEST_P(List, TheEarliestDueTimeIsThatOfATaskThatWaits) {
  pushBuried({"buried"});
  push({task("leased")});
  const auto session = openSession('a');
  pop(*session);
  EXPECT_EQ(must(keeper().earliestDue()), std::nullopt);
}

}  // namespace
}  // namespace leptir::conformance
