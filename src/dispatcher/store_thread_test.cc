// The store thread with a store that answers as the test says. Feeder and MetaWriter have tests with stores in memory.
#include "dispatcher/store_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "tests/support/wait_until.h"

namespace leptir::dispatcher {
namespace {

// What a scripted store answers. The fields may be changed from any thread.
struct Script {
  std::atomic<ErrorCode> openError{}, turnError{};
  std::atomic<bool> openFails = false, turnFails = false;
  std::atomic<Turn> turn = Turn::UsedTheStore;
  std::atomic<int> opens = 0, goodTurns = 0;
  std::atomic<bool> gaveUp = false, isFailing = false;
};

class ScriptedStore final : private StoreWork {
 public:
  ScriptedStore(const StoreThreadContext& context, StoreThreadOptions options, Script& script)
      : script_(script), thread_(context, std::move(options), *this) {}

  void stop(Patience patience) { thread_.stop(patience); }
  void wake() { thread_.wake(); }
  bool isFailing() const { return script_.isFailing; }

 private:
  void run() override {
    while (!script_.gaveUp && !thread_.isUnusable() && !(thread_.isStopping() && isOpen_)) thread_.step();
  }
  bool isOpen() const override { return isOpen_; }
  Result<void> openStore() override {
    ++script_.opens;
    if (script_.openFails) return Error(script_.openError, "on purpose");
    isOpen_ = true;
    return {};
  }
  Result<Turn> turn() override {
    thread_.waitFor(std::chrono::milliseconds(1));
    script_.isFailing = thread_.isFailing();
    if (script_.turnFails) return Error(script_.turnError, "on purpose");
    ++script_.goodTurns;
    return script_.turn.load();
  }
  void closeStore() override { isOpen_ = false; }
  void reportUnavailable() override {}
  void giveUp(const Error&) override { script_.gaveUp = true; }

  Script& script_;
  bool isOpen_ = false;
  StoreThread thread_;  // last: it uses all other members
};

class StoreThreadStep : public ::testing::Test {
 protected:
  void start(StoreThreadOptions options = {}) {
    options.store = "store";
    store = std::make_unique<ScriptedStore>(context, std::move(options), script);
  }

  Wake bell;
  Inbox inbox{bell};
  link::SharedPage page;
  Logger log;  // silent
  std::atomic<int> reportedUnusable = 0;
  StoreThreadContext context{
      .inbox = inbox, .page = page, .logger = log, .clock = systemClock(), .onUnusable = [this](const Error&) {
        ++reportedUnusable;
      }};
  Script script;
  std::unique_ptr<ScriptedStore> store;  // last: its thread uses all other members
};

TEST_F(StoreThreadStep, TriesAStoreThatWorkedOnceAgainAfterAnyError) {
  start();
  ASSERT_TRUE(waitUntil([&] { return script.goodTurns > 0; }));
  script.openError = ErrorCode::Invalid;  // a password that was changed
  script.turnError = ErrorCode::Unavailable;
  script.openFails = true;
  script.turnFails = true;
  ASSERT_TRUE(waitUntil([&] { return script.opens >= 3; }));
  EXPECT_EQ(reportedUnusable, 0);
  script.openFails = false;
  script.turnFails = false;
  const int before = script.goodTurns;
  EXPECT_TRUE(waitUntil([&] { return script.goodTurns > before; }));
}

TEST_F(StoreThreadStep, OpensAStoreAgainAtOnceAfterItsFirstError) {
  start();
  ASSERT_TRUE(waitUntil([&] { return script.goodTurns > 0; }));
  script.openFails = true;
  script.openError = ErrorCode::Unavailable;
  script.turnError = ErrorCode::Unavailable;
  const auto began = systemClock().bootTime();
  script.turnFails = true;
  ASSERT_TRUE(waitUntil([&] { return script.opens == 2; }));
  EXPECT_LT(systemClock().bootTime() - began, std::chrono::milliseconds(250)) << "the shortest pause";
}

TEST_F(StoreThreadStep, PausesThatAreInterruptedDoNotGrow) {
  start();
  ASSERT_TRUE(waitUntil([&] { return script.goodTurns > 0; }));
  script.turnError = ErrorCode::Unavailable;
  script.turnFails = true;
  for (int opens = 2; opens <= 12; ++opens) {
    ASSERT_TRUE(waitUntil([&] {
      store->wake();
      return script.opens >= opens;
    }));
  }
  const int before = script.goodTurns;
  const auto began = systemClock().bootTime();
  script.turnFails = false;
  ASSERT_TRUE(waitUntil([&] { return script.goodTurns > before; }));
  EXPECT_LT(systemClock().bootTime() - began, std::chrono::seconds(3)) << "the second pause has a second at most";
}

TEST_F(StoreThreadStep, TakesAStoreForAvailableAgainOnlyAfterAnOperationOfIt) {
  script.turnError = ErrorCode::Unavailable;
  script.turnFails = true;
  start();
  ASSERT_TRUE(waitUntil([&] { return script.opens == 2; }));
  script.turn = Turn::OnlyWaited;
  script.turnFails = false;
  ASSERT_TRUE(waitUntil([&] { return script.goodTurns >= 3; }));
  EXPECT_TRUE(store->isFailing());
  script.turn = Turn::UsedTheStore;
  EXPECT_TRUE(waitUntil([&] { return !store->isFailing(); }));
}

TEST_F(StoreThreadStep, ReportsAStoreAsUnusableOnlyIfItIsRequired) {
  script.openFails = true;
  script.openError = ErrorCode::Corrupt;
  start({.isRequired = false});
  ASSERT_TRUE(waitUntil([&] { return script.opens == 1; }));
  store.reset();
  EXPECT_EQ(reportedUnusable, 0);
  start({.isRequired = true});
  EXPECT_TRUE(waitUntil([&] { return reportedUnusable == 1; }));
}

TEST_F(StoreThreadStep, StopsAfterOneTryWhenASecondStopAsksForIt) {
  script.openFails = true;
  script.openError = ErrorCode::Unavailable;
  start({.patience = std::chrono::hours(1)});
  store->stop(Patience::AsConfigured);
  ASSERT_TRUE(waitUntil([&] { return script.opens >= 2; }));
  EXPECT_FALSE(script.gaveUp);
  store->stop(Patience::OneTry);
  EXPECT_TRUE(waitUntil([&] { return script.gaveUp.load(); }));
}

}  // namespace
}  // namespace leptir::dispatcher
