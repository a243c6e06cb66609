// The line that names the store that a command waits for.
#include "cli/store_wait.h"

#include <gtest/gtest.h>

#include <mutex>

#include "tests/support/wait_until.h"

namespace leptir::cli {
namespace {

using namespace std::chrono_literals;

class StoreWaitTest : public ::testing::Test {
 protected:
  StoreWait makeWait(Duration showAfter) {
    return StoreWait(
        [this](const std::string& text) {
          const std::lock_guard lock(mutex_);
          written_ += text;
        },
        showAfter);
  }
  std::string written() {
    const std::lock_guard lock(mutex_);
    return written_;
  }

 private:
  std::mutex mutex_;
  std::string written_;
};

TEST_F(StoreWaitTest, NamesTheStoreThatTakesLongAndRemovesTheLineAfterwards) {
  const auto wait = makeWait(10ms);
  wait.onOpening()("broker far");
  EXPECT_TRUE(waitUntil([&] { return written() == "waiting for broker far …"; })) << written();
  wait.onOpening()("");
  EXPECT_EQ(written(), "waiting for broker far …\r\x1b[K");
}

TEST_F(StoreWaitTest, SaysNothingOfAStoreThatAnswersSoon) {
  {
    const auto wait = makeWait(1h);
    wait.onOpening()("broker near");
    wait.onOpening()("");
  }
  EXPECT_EQ(written(), "");
}

TEST_F(StoreWaitTest, NamesEachStoreThatTakesLong) {
  const auto wait = makeWait(10ms);
  for (const auto* store : {"broker one", "broker two"}) {
    wait.onOpening()(store);
    EXPECT_TRUE(waitUntil([&] { return written().ends_with("waiting for " + std::string(store) + " …"); }))
        << written();
    wait.onOpening()("");
  }
}

}  // namespace
}  // namespace leptir::cli
