// Random operations of two instances on one queue, compared with what each task has been through. The model test of
// tests/conformance compares stores that know sessions.
#include <gmock/gmock.h>

#include <map>
#include <random>

#include "backends/sqs/sqs_fixture.h"
#include "tests/conformance/comparison.h"

namespace leptir::sqs {
namespace {

constexpr Duration kLease = 60s;
// A lease that ends within this time of now may be ours or not.
constexpr Duration kUncertain = 5s;

class SqsRandomTest : public SqsTest {
 protected:
  struct Task {
    Counters counters{};
    Time due{};
    LeasedTask leased{};
    int holder = -1;  // the session with the last lease; -1: none, or it is settled
    Time leaseEnds{};
    bool isGone = false;
  };

  void start(std::uint64_t seed) {
    random.seed(seed);
    for (const char letter : {'a', 'b'}) {
      brokers.push_back(open());
      sessions.push_back(must(brokers.back()->openSession(sessionId(letter), {}, kLease)));
    }
  }
  int below(int limit) { return static_cast<int>(random() % static_cast<std::uint64_t>(limit)); }
  Time now() const { return clock.now(); }
  bool isCertain(const Task& task) const {
    return task.holder < 0 || std::chrono::abs(task.leaseEnds - now()) > kUncertain;
  }
  bool isLeased(const Task& task) const { return task.holder >= 0 && task.leaseEnds > now(); }

  void pushSome() {
    for (int i = below(8); i >= 0; --i) {
      const auto id = "t" + std::to_string(tasks.size());
      const auto due = now() + std::chrono::seconds(below(3) == 0 ? below(20) : 0);
      push({id}, due);
      tasks[id].due = due;
    }
  }

  void leaseSome(int session, std::size_t limit = 100) {
    for (auto& leased : pop(*sessions[static_cast<std::size_t>(session)], limit)) {
      auto& task = tasks.at(idIn(leased));
      ASSERT_FALSE(task.isGone) << idIn(leased);
      ASSERT_LE(task.due, now()) << idIn(leased) << " is early";
      ASSERT_FALSE(isCertain(task) && isLeased(task)) << idIn(leased) << " is leased twice";
      if (task.holder >= 0) ++task.counters.expiries;
      ASSERT_EQ(leased.counters, task.counters) << idIn(leased);
      task.leased = std::move(leased);
      task.holder = session;
      task.leaseEnds = now() + kLease;
    }
  }

  // A task with a lease of this session, which may have ended. Null: no such task was drawn.
  Task* anyOf(int session) {
    if (tasks.empty()) return nullptr;
    auto& task = std::next(tasks.begin(), below(static_cast<int>(tasks.size())))->second;
    return task.holder == session && !task.isGone && isCertain(task) ? &task : nullptr;
  }

  void acknowledgeOne(int session) {
    auto* task = anyOf(session);
    if (task == nullptr) return;
    const auto notOurs =
        must(sessions[static_cast<std::size_t>(session)]->acknowledge(std::vector<LeaseId>{task->leased.lease}));
    ASSERT_EQ(notOurs.empty(), isLeased(*task));
    if (notOurs.empty()) task->isGone = true;
  }

  void releaseOne(int session) {
    auto* task = anyOf(session);
    if (task == nullptr) return;
    auto counters = task->counters;
    ++counters.failures;
    const auto due = now() + std::chrono::seconds(below(1200));
    const std::vector<TaskRelease> back{
        {.lease = task->leased.lease, .counters = counters, .due = due, .envelope = task->leased.envelope}};
    const auto notOurs = must(sessions[static_cast<std::size_t>(session)]->release(back));
    ASSERT_EQ(notOurs.empty(), isLeased(*task));
    if (!notOurs.empty()) return;
    task->counters = counters;
    task->due = due;
    task->holder = -1;
  }

  void renewAll(int session) {
    for (const auto& [id, task] : tasks) {
      if (task.holder == session && !task.isGone && !isCertain(task)) return;
    }
    must(sessions[static_cast<std::size_t>(session)]->renew({}, kLease));
    for (auto& [id, task] : tasks) {
      if (task.holder == session && !task.isGone && isLeased(task)) task.leaseEnds = now() + kLease;
    }
  }

  void step() {
    const int session = below(2);
    switch (below(10)) {
      case 0:
      case 1:
        return pushSome();
      case 2:
      case 3:
      case 4:
        return leaseSome(session, static_cast<std::size_t>(below(12)));
      case 5:
      case 6:
        return acknowledgeOne(session);
      case 7:
        return releaseOne(session);
      case 8:
        return renewAll(session);
      default:
        return advance(std::chrono::seconds(below(25)));
    }
  }

  // Every task that is left is leased and acknowledged once.
  void finish() {
    const auto isLeft = [](const auto& entry) { return !entry.second.isGone; };
    for (int round = 0; round < 60 && std::ranges::any_of(tasks, isLeft); ++round) {
      advance(kLease + kUncertain);
      leaseSome(0);
      if (HasFatalFailure()) return;
      for (auto& [id, task] : tasks) {
        if (task.isGone || !isLeased(task) || task.holder != 0) continue;
        ASSERT_TRUE(must(sessions[0]->acknowledge(std::vector<LeaseId>{task.leased.lease})).empty()) << id;
        task.isGone = true;
      }
    }
    EXPECT_EQ(std::ranges::count_if(tasks, isLeft), 0) << "lost";
    EXPECT_EQ(counts(), TaskCounts{});
  }

  std::mt19937_64 random;
  std::map<std::string, Task> tasks;
  std::vector<std::unique_ptr<SimpleBroker>> brokers;
  std::vector<std::unique_ptr<BrokerSession>> sessions;
};

TEST_F(SqsRandomTest, NoTaskIsLostLeasedTwiceOrEarlyAndCountersAreWhatHappened) {
  const auto seed = conformance::seed();
  SCOPED_TRACE("LEPTIR_SEED=" + std::to_string(seed));
  start(seed);
  for (int i = 0; i < 600 && !HasFatalFailure(); ++i) step();
  if (!HasFatalFailure()) finish();
}

}  // namespace
}  // namespace leptir::sqs
