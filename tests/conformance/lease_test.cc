#include <algorithm>
#include <iterator>
#include <set>
#include <thread>

#include "tests/conformance/conformance.h"

namespace leptir::conformance {
namespace {

LEPTIR_CONFORMANCE_GROUP(Lease, BrokerConformance);

TEST_P(Lease, TakesAtMostLimitTasks) {
  push(tasks("t", 5));
  const auto session = openSession('a');
  EXPECT_EQ(pop(*session, 3).size(), 3u);
  EXPECT_EQ(pop(*session, 3).size(), 2u);
}

// Not of the largest size that the store has: a store on a busy machine may refuse a command that takes it too long.
TEST_P(Lease, TakesFewerTasksThanAskedForOnlyIfNoFurtherOneIsDueOrTheyHaveManyBytes) {
  constexpr std::size_t kParts = 16, kTasks = kParts + 2;
  const auto size = std::min(broker_->traits().largestEnvelope - 1024, kMaxLeaseBytes / kParts);
  for (auto& each : tasks("t", kTasks)) {
    each.parameters = "[\"" + std::string(size, 'x') + "\"]";
    push({each});
  }
  const auto session = openSession('a');
  for (std::size_t leased = 0; leased < kTasks;) {
    const auto popped = pop(*session);
    std::size_t bytes = 0;
    for (const auto& each : popped) bytes += each.envelope.size();
    leased += popped.size();
    ASSERT_FALSE(popped.empty());
    EXPECT_TRUE(leased == kTasks || bytes > kMaxLeaseBytes) << leased << " tasks so far, now " << bytes << " bytes";
  }
}

TEST_P(Lease, TakesTheEarliestTimeOfExecutionFirst) {
  LEPTIR_NEEDS_TRAIT(keepsOrder);
  const auto now = store_->now();
  push({task("third", now - 1s), task("first", now - 3s), task("second", now - 2s), task("fourth")});
  const auto session = openSession('a');
  EXPECT_EQ(idsOf(pop(*session)), (Ids{"first", "second", "third", "fourth"}));
}

TEST_P(Lease, TakesTasksOfOneTimeInTheOrderOfTheirPush) {
  LEPTIR_NEEDS_TRAIT(keepsOrder);
  push(tasks("t", 3));
  const auto session = openSession('a');
  EXPECT_EQ(idsOf(pop(*session)), (Ids{"t1", "t2", "t3"}));
}

TEST_P(Lease, AnEmptyListIsNotAnError) {
  const auto session = openSession('a');
  EXPECT_TRUE(pop(*session).empty());
}

TEST_P(Lease, ATaskThatIsNotDueIsNeverLeased) {
  push({task("later", store_->now() + 10s)});
  const auto session = openSession('a');
  store_->advance(9'999ms);
  EXPECT_TRUE(pop(*session).empty());
  store_->advance(std::max<Duration>(1ms, GetParam().traits.duePrecision));
  EXPECT_EQ(idsOf(pop(*session)), Ids{"later"});
}

TEST_P(Lease, TwoSessionsNeverHoldOneTask) {
  push(tasks("t", 10));
  const auto one = openSession('a');
  const auto other = openSession('b');
  auto all = idsOf(pop(*one, 4));
  ASSERT_EQ(all.size(), 4u);
  for (auto& id : idsOf(pop(*other))) all.push_back(std::move(id));
  if (!GetParam().traits.keepsOrder) std::ranges::sort(all, {}, [](const auto& id) { return std::stoi(id.substr(1)); });
  EXPECT_EQ(all, (Ids{"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10"}));
}

// In rounds, since a store may read all its tasks with each lease.
TEST_P(Lease, TwoSessionsNeverHoldOneTaskAlsoWhenTheyLeaseAtOnce) {
  constexpr int kRounds = 10, kTasks = 200;
  std::vector<std::unique_ptr<SimpleBroker>> brokers;
  std::vector<std::unique_ptr<BrokerSession>> sessions;
  for (const char letter : {'a', 'b'}) {
    store_->startInstance(std::string(32, letter));
    brokers.push_back(store_->openBroker());
    sessions.push_back(must(brokers.back()->openSession(sessionId(letter), {}, 1h)));
  }
  for (int round = 0; round < kRounds; ++round) {
    push(tasks("t" + std::to_string(round) + ".", kTasks));
    std::vector<std::vector<LeasedTask>> taken(2);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        Wake wake;
        while (true) {
          auto popped = must(sessions[i]->popBrokerTasks(7, 0s, wake));
          if (popped.empty()) break;
          std::ranges::move(popped, std::back_inserter(taken[i]));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    std::set<std::string> all;
    for (const auto& leased : taken) std::ranges::copy(idsOf(leased), std::inserter(all, all.end()));
    EXPECT_EQ(taken[0].size() + taken[1].size(), kTasks);
    EXPECT_EQ(all.size(), kTasks);
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(must(sessions[i]->acknowledge(leasesOf(taken[i]))).empty());
  }
}

TEST_P(Lease, ReturnsTheStoredBytesWhateverTheyAre) {
  const auto now = store_->now();
  const std::vector<std::string> strange{"", "not JSON", std::string("nul\0 inside", 11), "\xff\xfe",
                                         R"({"cn":"App\\Mail"})"};
  for (std::size_t i = 0; i < strange.size(); ++i) store_->pushRaw(strange[i], now - 10s + i * 1s);
  const auto session = openSession('a');
  const auto popped = pop(*session);
  std::vector<std::string> leased, stored;
  for (const auto& each : popped) leased.push_back(each.envelope);
  for (const auto& bytes : strange) stored.push_back(store_->stored(bytes));
  if (!GetParam().traits.keepsOrder) {
    std::ranges::sort(leased);
    std::ranges::sort(stored);
  }
  EXPECT_EQ(leased, stored);
}

TEST_P(Lease, ReturnsTheCountersOfATask) {
  auto pushed = task("t");
  pushed.counters = {.failures = 1, .crashes = 2, .expiries = 3, .unknown = 4};
  push({pushed});
  const auto session = openSession('a');
  EXPECT_EQ(popOne(*session).counters, pushed.counters);
}

TEST_P(Lease, ALeaseNumberIsAtLeastTheTimeOfTheStore) {
  push({task("t")});
  const auto session = openSession('a');
  EXPECT_GE(popOne(*session).lease.number, static_cast<std::uint64_t>(store_->now().time_since_epoch().count()));
}

TEST_P(Lease, ALeaseNumberIsLargerThanAllEarlierOnesOfTheTask) {
  push({task("t")});
  const auto session = openSession('a');
  std::uint64_t last = 0;
  for (int i = 0; i < 5; ++i) {
    const auto leased = popOne(*session);
    EXPECT_GT(leased.lease.number, last);
    last = leased.lease.number;
    must(session->release(std::vector<TaskRelease>{{leased.lease, {}, store_->now(), leased.envelope}}));
  }
}

TEST_P(Lease, TheHandleOfALeaseIsShort) {
  push({task(std::string(255, 'i'))});
  const auto session = openSession('a');
  EXPECT_LE(popOne(*session).lease.handle.size(), 2048u - 16);
}

TEST_P(Lease, WaitsNoLongerThanAsked) {
  use(ClockKind::Machine);
  const auto session = openSession('a');
  const auto before = store_->now();
  EXPECT_TRUE(must(session->popBrokerTasks(10, 20ms, wake_)).empty());
  EXPECT_LT(store_->now() - before, 10s);
}

TEST_P(Lease, AWaitEndsWhenAnyThreadRings) {
  const auto session = openSession('a');
  std::jthread ringer([this] { wake_.ring(); });
  EXPECT_TRUE(must(session->popBrokerTasks(10, 1h, wake_)).empty());
  ringer.join();
}

TEST_P(Lease, ARingBeforeTheWaitEndsIt) {
  const auto session = openSession('a');
  wake_.ring();
  EXPECT_TRUE(must(session->popBrokerTasks(10, 1h, wake_)).empty());
}

TEST_P(Lease, AWaitForRoomEndsWithARingWhichItClears) {
  use(ClockKind::Machine);
  const auto session = openSession('a');
  wake_.ring();
  session->waitWithoutLeasing(1h, wake_);
  EXPECT_FALSE(wake_.clear());
  std::jthread ringer([this] { wake_.ring(); });
  session->waitWithoutLeasing(1h, wake_);
  session->waitWithoutLeasing(10ms, wake_);
}

TEST_P(Lease, AWaitEndsWhenAnotherConnectionPushes) {
  ASSERT_TRUE(GetParam().traits.wakesWaiters);
  const auto session = openSession('a');
  std::jthread pusher([this] { must(store_->openBroker()->pushBrokerTasks(tasks("t", 1))); });
  std::vector<LeasedTask> popped;
  while (popped.empty()) popped = must(session->popBrokerTasks(10, 1h, wake_));  // a wait may end early
  pusher.join();
  EXPECT_EQ(idsOf(popped), Ids{"t1"});
}

TEST_P(Lease, AWaitEndsWhenAScheduledTaskBecomesDue) {
  use(ClockKind::Machine);
  const auto session = openSession('a');
  const auto due = store_->now() + 50ms;
  push({task("soon", due)});
  std::vector<LeasedTask> popped;
  while (popped.empty()) popped = must(session->popBrokerTasks(10, 1h, wake_));
  EXPECT_GE(store_->now(), due);
  EXPECT_EQ(idsOf(popped), Ids{"soon"});
}

// The best of several waits: other processes of the machine may delay some. A store that only looked for due tasks from
// time to time would be late by tens of milliseconds each time.
TEST_P(Lease, AWaitEndsWithin20MillisecondsOfTheTimeAtWhichATaskBecomesDue) {
  LEPTIR_NEEDS_TRAIT(duePrecision < 10ms);
  use(ClockKind::Machine);
  const auto session = openSession('a');
  Duration latest = 1h;
  for (int i = 0; i < 5; ++i) {
    const auto due = store_->now() + 250ms + i * 7ms;
    push({task("soon" + std::to_string(i), due)});
    while (must(session->popBrokerTasks(10, 1h, wake_)).empty());
    const auto late = store_->now() - due;
    EXPECT_GE(late, 0ms);
    latest = std::min<Duration>(latest, late);
  }
  EXPECT_LT(latest, 20ms);
}

TEST_P(Lease, AWaitEndsWhenAnotherSessionReleases) {
  const auto session = openSession('a');
  push(tasks("t", 1));
  const auto held = popOne(*session);
  store_->startInstance(std::string(32, 'b'));
  const auto otherBroker = store_->openBroker();
  const auto other = must(otherBroker->openSession(sessionId('b'), {}, 1h));
  std::jthread releaser(
      [&] { must(session->release(std::vector<TaskRelease>{{held.lease, {}, store_->now(), held.envelope}})); });
  std::vector<LeasedTask> popped;
  while (popped.empty()) popped = must(other->popBrokerTasks(10, 1h, wake_));
  releaser.join();
  EXPECT_EQ(idsOf(popped), Ids{"t1"});
}

}  // namespace
}  // namespace leptir::conformance
