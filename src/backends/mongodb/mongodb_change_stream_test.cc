#include "backends/mongodb/mongodb_change_stream.h"

#include <thread>

#include "backends/mongodb/mongodb_queue_fixture.h"
#include "tests/support/mongodb_proxy.h"
#include "tests/support/wait_until.h"

namespace leptir::mongodb {
namespace {

using When = MongodbFault::When;

// The proxy answers as a replica set that has change streams, or as one that refuses them: not every server has them.
class MongodbChangesTest : public MongodbQueueTest {
 protected:
  MongodbChangesTest() { proxy.announce({}); }

  MongodbFault answer(const std::string& batch, const std::string& changes) const {
    return MongodbFault::reply(When::Before, R"({"cursor": {"id": {"$numberLong": "7"}, "ns": ")" + database.name() +
                                                 R"(.tasks", ")" + batch + R"(": [)" + changes +
                                                 R"(], "postBatchResumeToken": {"_data": "81"}}, "ok": 1.0})");
  }
  void refuseStreams() {
    proxy.inject({"changeStream", "tasks", 0, MongodbCommands::kAlways},
                 MongodbFault::error(When::Before, 40324, "Location40324"));
  }

  MongodbProxy proxy{server};
};

TEST_F(MongodbChangesTest, AChangeRings) {
  proxy.inject({"changeStream", "tasks"}, answer("firstBatch", ""));
  proxy.inject({"getMore", "", 0, 4}, answer("nextBatch", ""));
  proxy.inject({"getMore"}, answer("nextBatch", R"({"_id": {"_data": "82"}})"));
  proxy.inject({"getMore", "", 0, MongodbCommands::kAlways}, answer("nextBatch", ""));
  MongodbChangeStream changes(must(MongodbPool::open(addressOf(proxy.uri()))), "tasks");
  ASSERT_TRUE(waitUntil([&] { return changes.isWatching(); }));
  EXPECT_TRUE(changes.clear()) << "what was changed before the stream began has no event";
  wake.waitFor(30s, changes.descriptor());
  EXPECT_TRUE(changes.clear());
  EXPECT_GT(proxy.count("getMore"), 4);
}

// Events are documents as any other.
TEST_F(MongodbChangesTest, TheEventsOfTasksAreThoseAfterWhichOneMayBeDue) {
  for (const char* const event :
       {R"({"_id": 1, "operationType": "insert"})",
        R"({"_id": 2, "operationType": "update", "updateDescription": {"updatedFields": {"leptir.state": "waiting"}}})",
        R"({"_id": 3, "operationType": "update", "updateDescription": {"updatedFields": {"leptir.state": "leased"}}})",
        R"({"_id": 4, "operationType": "update", "updateDescription": {"updatedFields": {"leptir.due": 7}}})",
        R"({"_id": 5, "operationType": "update", "updateDescription": {"removedFields": ["leptir.due"]}})",
        R"({"_id": 6, "operationType": "delete"})"})
    database.ask(std::string(R"({"insert": "events", "documents": [)") + event + "]}");
  const auto pool = must(MongodbPool::open(addressOf(server.uri())));
  const auto pipeline = taskChangesPipeline();
  std::vector<Document> stages;
  for (const auto& stage : DocumentView(pipeline).documents("pipeline")) stages.emplace_back(stage);
  const auto rung = MongodbClient(pool).aggregate("events", stages);
  ASSERT_TRUE(rung) << rung.error().message;
  std::vector<std::int64_t> numbers;
  for (const auto& event : *rung) numbers.push_back(DocumentView(event).integer("_id").value_or(0));
  EXPECT_THAT(numbers, testing::UnorderedElementsAre(1, 2, 4));
}

TEST_F(MongodbChangesTest, AStreamThatHasEndedSilentlyIsOpenedAgain) {
  proxy.inject({"changeStream", "tasks", 0, 2}, answer("firstBatch", ""));
  proxy.inject({"getMore", "", 0, MongodbCommands::kAlways}, answer("nextBatch", ""));  // at once, each time
  MongodbChangeStream changes(must(MongodbPool::open(addressOf(proxy.uri()))), "tasks");
  EXPECT_TRUE(waitUntil([&] { return proxy.count("changeStream") > 1; }));
}

TEST_F(MongodbChangesTest, ADeploymentThatRefusesStreamsIsNotAskedAgain) {
  refuseStreams();
  MongodbChangeStream changes(must(MongodbPool::open(addressOf(proxy.uri()))), "tasks");
  ASSERT_TRUE(waitUntil([&] { return proxy.faults() > 0; }));
  EXPECT_FALSE(wake.waitFor(1500ms, changes.descriptor()));
  EXPECT_FALSE(changes.isWatching());
  EXPECT_EQ(proxy.count("changeStream"), 1);
}

TEST_F(MongodbChangesTest, WithoutAStreamAWaitStillEndsWhenAnotherInstancePushes) {
  refuseStreams();
  const auto broker = must(tryOpen(proxy.uri()));
  const auto session = openSession(*broker, 'a');
  std::jthread pusher([this] { must(open()->pushBrokerTasks(tasks("t", 1))); });
  const auto popped = must(session->popBrokerTasks(10, 30s, wake));
  pusher.join();
  EXPECT_EQ(popped.size(), 1u);
}

TEST_F(MongodbChangesTest, ItEndsSoonWhileTheDeploymentIsAway) {
  proxy.leave();
  const auto begin = systemClock().bootTime();
  {
    MongodbChangeStream changes(must(MongodbPool::open(addressOf(proxy.uri()))), "tasks");
  }
  EXPECT_LT(systemClock().bootTime() - begin, 10s);
}

}  // namespace
}  // namespace leptir::mongodb
