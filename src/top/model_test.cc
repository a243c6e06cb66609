#include "top/model.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>

#include "operations/operations_fixture.h"
#include "tests/support/wait_until.h"

namespace leptir::top {
namespace {

using operations::OperationsTest;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ModelTest : public OperationsTest {
 protected:
  ModelTest() { options_.interval = 20ms; }

  std::shared_ptr<Operations> shared() { return std::make_shared<Operations>(operations()); }
  Model& model() {
    if (!model_)
      model_ = std::make_unique<Model>(
          Sources{.queues = {{"both", shared()}}, .records = Source{"records", shared()}, .everything = shared()},
          options_, wake_);
    return *model_;
  }
  // Waits until a snapshot is as the test wants it, and returns that one.
  template <class Condition>
  Snapshot until(Condition condition) {
    Snapshot snapshot;
    EXPECT_TRUE(waitUntil([&] {
      snapshot = model().snapshot();
      return condition(snapshot);
    }));
    return snapshot;
  }
  std::string newsOf(Action action) {
    model().act(std::move(action));
    return until([](const Snapshot& now) { return now.news && now.news->kind != ActionNews::Kind::Running; })
        .news->text;
  }

  Wake wake_;
  Model::Options options_;
  std::unique_ptr<Model> model_;
};

TEST_P(ModelTest, ShowsQueuesAndFailures) {
  push("1");
  push("2", 1h);
  saveRecord("3", ExitStatus::Error, "resize");
  const auto snapshot = until([](const Snapshot& now) { return now.queues.size() == 2 && !now.failures.empty(); });
  EXPECT_EQ(snapshot.queues[0].counts->due, 1u);
  EXPECT_EQ(snapshot.queues[0].counts->scheduled, 1u);
  EXPECT_EQ(snapshot.failures[0].name, "resize");
  EXPECT_EQ(snapshot.failures[0].reason, "it said so");
}

TEST_P(ModelTest, FollowsWhatChangesAndRingsForIt) {
  until([](const Snapshot& now) { return now.queues.size() == 2; });
  wake_.clear();
  push("1");
  EXPECT_TRUE(wake_.waitFor(30s));
  until([](const Snapshot& now) { return now.queues[0].counts->due == 1; });
}

TEST_P(ModelTest, AnErrorOfAStoreIsKeptWithItsNameAndTheCountsOfBeforeStay) {
  push("1");
  until([](const Snapshot& now) { return now.queues.size() == 2 && now.queues[0].counts->due == 1; });
  faults[kFirst].failUntilRepaired();
  const auto snapshot = until([](const Snapshot& now) { return !now.answers[0].error.empty(); });
  EXPECT_EQ(snapshot.queues[0].counts->due, 1u);
  faults[kFirst].repair();
  until([](const Snapshot& now) { return now.answers[0].error.empty(); });
}

TEST_P(ModelTest, DoesAnActionAndTellsWhatBecameOfIt) {
  push("1");
  EXPECT_EQ(newsOf({.kind = Action::Kind::Cancel, .id = "1", .name = "mail"}),
            "mail 1 is cancelled: it is taken out of its queue.");
  EXPECT_EQ(counts().due, 0u);
}

TEST_P(ModelTest, RevivesABuriedTask) {
  push("1");
  buryDue("it failed");
  EXPECT_EQ(newsOf({.kind = Action::Kind::Revive, .id = "1", .name = "mail"}),
            "mail 1 is due again, with all counters zero.");
  EXPECT_EQ(counts().due, 1u);
}

TEST_P(ModelTest, AnActionThatDoesNotApplySaysWhy) {
  push("1");
  EXPECT_THAT(newsOf({.kind = Action::Kind::Revive, .id = "1", .name = "mail"}), HasSubstr("Revive mail 1: "));
  EXPECT_THAT(newsOf({.kind = Action::Kind::Cancel, .id = "none"}), HasSubstr("Cancel the task none: "));
}

TEST_P(ModelTest, CountsAndRevivesAllTasksOfASelection) {
  pushMany("task-", 70);
  buryDue("it failed");
  const Action action{.kind = Action::Kind::Revive,
                      .selection = TaskSelection{.state = ListedState::Buried, .broker = "first"}};
  model().count(7, action);
  const auto counted = until([](const Snapshot& now) { return now.count && now.count->countId == 7; });
  EXPECT_EQ(counted.count->preview.count, 70u) << counted.count->error;
  EXPECT_EQ(newsOf(action), "70 buried tasks of queue first revived.");
  EXPECT_EQ(counts().due, 70u);
}

TEST_P(ModelTest, PausesAQueueAndResumesIt) {
  push("1");
  EXPECT_EQ(newsOf({.kind = Action::Kind::Pause, .broker = "first"}), "Paused the queue of broker first.");
  until([](const Snapshot& now) { return now.queues.size() == 2 && now.queues[0].isPaused(); });
  EXPECT_EQ(newsOf({.kind = Action::Kind::Resume, .broker = "first"}), "Resumed the queue of broker first.");
  until([](const Snapshot& now) { return !now.queues[0].isPaused(); });
}

TEST_P(ModelTest, ALookIntoATaskIsAskedAgainUntilThePageIsLeft) {
  push("1");
  model().openTaskText({.id = "1"});
  const auto first = until([](const Snapshot& now) { return now.text.answeredAt.has_value(); });
  EXPECT_EQ(first.text.error, "");
  until([&](const Snapshot& now) { return *now.text.answeredAt > *first.text.answeredAt; });
  model().openTaskText({.id = "gone"});
  until([](const Snapshot& now) { return now.text.error.find("no task") != std::string::npos; });
}

TEST_P(ModelTest, ListsTasksPageByPage) {
  pushMany("task-", 70);
  model().list({.broker = "first", .state = ListedState::Due});
  const auto first = until([](const Snapshot& now) { return now.rows.answeredAt.has_value(); });
  EXPECT_THAT(first.rows.tasks, SizeIs(50));
  ASSERT_FALSE(first.rows.next.empty());
  model().list({.broker = "first", .state = ListedState::Due, .cursor = first.rows.next});
  const auto second =
      until([](const Snapshot& now) { return now.rows.answeredAt.has_value() && !now.rows.query.cursor.empty(); });
  EXPECT_THAT(second.rows.tasks, SizeIs(20));
  EXPECT_EQ(second.rows.next, "");
}

// A store whose first call hangs until the test ends it.
class HangingStore {
 public:
  Result<std::unique_ptr<SimpleBroker>> open() {
    std::unique_lock lock(mutex_);
    isAsked_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return isReleased_; });
    return Error(ErrorCode::Unavailable, "it hung");
  }
  void waitUntilAsked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return isAsked_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    isReleased_ = true;
    changed_.notify_all();
  }
  std::shared_ptr<Operations> operations() {
    std::vector<Broker::Entry> brokers;
    brokers.push_back({.name = "hung", .type = "memory", .open = [this] { return open(); }});
    return std::make_shared<Operations>(Broker(std::move(brokers)), MetaStorage({}), Operations::Options());
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool isAsked_ = false, isReleased_ = false;
};

TEST_P(ModelTest, AStoreThatHangsDelaysNoOtherAndIsNamedAsWaitedFor) {
  HangingStore hung;
  push("1");
  model_ = std::make_unique<Model>(Sources{.queues = {{"hung", hung.operations()}, {"both", shared()}},
                                           .records = Source{"records", shared()},
                                           .everything = shared()},
                                   options_, wake_);
  hung.waitUntilAsked();
  const auto snapshot = until([](const Snapshot& now) { return now.queues.size() == 3; });
  EXPECT_EQ(snapshot.queues[0].name, "hung") << "in the order of the configuration";
  EXPECT_FALSE(snapshot.queues[0].counts);
  EXPECT_EQ(snapshot.queues[1].counts->due, 1u);
  ASSERT_THAT(snapshot.answers, SizeIs(3));
  EXPECT_EQ(snapshot.answers[0].store, "hung");
  EXPECT_TRUE(snapshot.answers[0].asked.has_value());
  EXPECT_FALSE(snapshot.answers[0].answered.has_value());
  EXPECT_FALSE(model().end(10ms, 10ms)) << "a thread still waits for the store";
  hung.release();
  EXPECT_TRUE(model().end(30s, 30s));
}

INSTANTIATE_TEST_SUITE_P(, ModelTest, ::testing::Values("memory", "sqlite"));

}  // namespace
}  // namespace leptir::top
