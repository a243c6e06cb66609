#include "tracing/span_sender.h"

#include <gmock/gmock.h>

#include <future>

#include "leptir/json.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"
#include "tracing/traced_run_fixture.h"

namespace leptir::tracing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

// A server whose answers the test chooses.
class FakeServer {
 public:
  DeliverFunction deliver() {
    return [this](std::string request, const StopToken& stop) -> Result<std::uint64_t> {
      ++requests;
      while (blocks && !stop.stopRequested()) std::this_thread::sleep_for(1ms);
      const std::lock_guard lock(mutex_);
      spansOfRequests_.push_back(parseJson(request)->at("resourceSpans")[0].at("scopeSpans")[0].at("spans").size());
      if (stop.stopRequested() || isDown) return Error(ErrorCode::Unavailable, "http://c:4318: connection refused");
      return refuses.load();
    };
  }
  std::vector<std::size_t> spansOfRequests() const {
    const std::lock_guard lock(mutex_);
    return spansOfRequests_;
  }

  std::atomic<bool> blocks{false}, isDown{false};
  std::atomic<int> requests{0};  // begun
  std::atomic<std::uint64_t> refuses{0};

 private:
  mutable std::mutex mutex_;
  std::vector<std::size_t> spansOfRequests_;
};

class SpanSenderTest : public ::testing::Test {
 protected:
  void start(SenderLimits limits = {.maxBatchDelay = 1ms}) {
    sender.emplace(SpanSource{}, server.deliver(), logger, limits);
  }
  void addRuns(int runs) {
    for (int i = 0; i < runs; ++i) sender->add({someRun()});
  }
  bool waitUntilSent(std::uint64_t spans) {
    return waitUntil([&] { return sender->counts().sent == spans; });
  }
  std::string logged() const { return readWholeFile(folder / "log"); }

  TempDir folder;
  Logger logger = Logger::open({{"log", LogSinkConfig::Type::File, (folder / "log").string()}}).value();
  FakeServer server;
  std::optional<SpanSender> sender;
};

TEST_F(SpanSenderTest, SendsSpansSoonAfterTheFirstOneCame) {
  start();
  addRuns(3);
  EXPECT_TRUE(waitUntilSent(6));
  EXPECT_EQ(sender->counts().dropped, 0u);
  EXPECT_TRUE(waitUntil([&] { return sender->isIdle(); }));
}

TEST_F(SpanSenderTest, SendsAWholeBatchWithoutFurtherWaiting) {
  start({.batch = 10, .maxBatchDelay = 1h});
  addRuns(5);
  EXPECT_TRUE(waitUntilSent(10));
  EXPECT_THAT(server.spansOfRequests(), ::testing::ElementsAre(10u));
}

TEST_F(SpanSenderTest, DropsAndCountsWhatItHasNoRoomFor) {
  server.blocks = true;
  start({.maxQueuedSpans = 10, .batch = 4, .maxBatchDelay = 1h});
  addRuns(2);
  ASSERT_TRUE(waitUntil([&] { return server.requests == 1; })) << "what is being sent takes no room";
  addRuns(5);
  EXPECT_FALSE(sender->hasRoom());
  addRuns(3);
  sender->countDropped(2);
  EXPECT_EQ(sender->counts().dropped, 8u);
  server.blocks = false;
  sender->beginFlush();
  EXPECT_TRUE(waitUntilSent(14));
  sender.reset();
  EXPECT_THAT(logged(), HasSubstr("Tracing: 8 spans are dropped: the server took them too slowly\n"));
}

TEST_F(SpanSenderTest, NeverMakesItsCallerWaitForTheServer) {
  server.blocks = true;
  start();
  addRuns(5000);
  EXPECT_GT(sender->counts().dropped, 0u);
}

TEST_F(SpanSenderTest, CountsWhatWasLostAndSaysOnceAMinuteWhy) {
  server.isDown = true;
  start();
  addRuns(1);
  ASSERT_TRUE(waitUntil([&] { return sender->counts().dropped == 2; }));
  EXPECT_TRUE(sender->counts().failing);
  addRuns(1);
  ASSERT_TRUE(waitUntil([&] { return sender->counts().dropped == 4; }));
  EXPECT_THAT(logged(), HasSubstr("Tracing: 2 spans are dropped: http://c:4318: connection refused\n"));
  server.isDown = false;
  addRuns(1);
  ASSERT_TRUE(waitUntilSent(2));
  EXPECT_TRUE(waitUntil([&] { return logged().find("Tracing: spans are sent again.") != std::string::npos; }));
  EXPECT_FALSE(sender->counts().failing);
}

TEST_F(SpanSenderTest, CountsSpansThatTheServerRefused) {
  server.refuses = 1;
  start();
  addRuns(1);
  ASSERT_TRUE(waitUntilSent(1));
  EXPECT_EQ(sender->counts().dropped, 1u);
  server.refuses = 1'000'000;
  addRuns(1);
  ASSERT_TRUE(waitUntil([&] { return sender->counts().dropped == 3; }));
  EXPECT_EQ(sender->counts().sent, 1u) << "never more than were sent";
}

TEST_F(SpanSenderTest, SendsWhatWaitsWhenItIsFlushed) {
  start({.maxBatchDelay = 1h});
  addRuns(2);
  sender->beginFlush();
  EXPECT_TRUE(waitUntilSent(4));
  EXPECT_TRUE(waitUntil([&] { return sender->isIdle(); }));
}

TEST_F(SpanSenderTest, EndsAtOnceAndCountsWhatIsLeftAsDropped) {
  server.blocks = true;
  start({.batch = 4, .maxBatchDelay = 1h});
  addRuns(5);
  ASSERT_TRUE(waitUntil([&] { return sender->counts().waiting == 10; }));
  sender.reset();
  EXPECT_THAT(logged(), HasSubstr("spans are dropped"));
}

}  // namespace
}  // namespace leptir::tracing
