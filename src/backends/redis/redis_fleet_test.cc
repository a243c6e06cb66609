// What a fleet shares, where the conformance suite cannot look: at the server.
#include "backends/redis/redis_fleet.h"

#include <gmock/gmock.h>

#include "backends/redis/redis_queue_fixture.h"

namespace leptir::redis {
namespace {

using namespace std::chrono_literals;

class RedisFleetTest : public RedisQueueTest {
 protected:
  FleetStore& fleet() { return *broker->fleet(); }
  int count(const std::string& command, const std::string& key) {
    return server.ask({command, "{leptir:ztasks}:" + key}).get<int>();
  }
};

TEST_F(RedisFleetTest, AllKeysHaveTheHashTagOfTheQueue) {
  must(fleet().put("pauses/queue", "v", 1h));
  for (const auto& key : server.ask({"KEYS", "*"})) EXPECT_EQ(key.get<std::string>().find("{leptir:ztasks}:fleet"), 0u);
}

TEST_F(RedisFleetTest, APutRemovesTextsThatHaveExpired) {
  for (int i = 0; i < 250; ++i) must(fleet().put("t" + std::to_string(i), "v", 0s));
  must(fleet().put("last", "v", {}));
  must(fleet().put("last", "v", {}));
  EXPECT_EQ(count("HLEN", "fleet"), 1);
  EXPECT_EQ(count("ZCARD", "fleet:names"), 1);
  EXPECT_EQ(count("ZCARD", "fleet:ends"), 0);
}

TEST_F(RedisFleetTest, AnErasedTextLeavesNothing) {
  must(fleet().put("t", "v", 1h));
  EXPECT_TRUE(must(fleet().erase("t")));
  EXPECT_EQ(server.ask({"EXISTS", "{leptir:ztasks}:fleet", "{leptir:ztasks}:fleet:names", "{leptir:ztasks}:fleet:ends"})
                .get<int>(),
            0);
}

TEST_F(RedisFleetTest, AVersionIsNotRepeatedAfterItsKeyWasLost) {
  must(fleet().put("orders/a", "v", {}));
  const auto before = must(fleet().version());
  server.ask({"DEL", "{leptir:ztasks}:fleet:version"});
  EXPECT_EQ(must(fleet().version()), 0u);
  must(fleet().put("orders/a", "v", {}));
  EXPECT_GT(must(fleet().version()), before);
}

TEST_F(RedisFleetTest, AVersionOfAnotherProgramIsReplaced) {
  for (const auto* theirs : {"text", "-7", "1e300", ""}) {
    server.ask({"SET", "{leptir:ztasks}:fleet:version", theirs});
    must(fleet().version());
    must(fleet().put("orders/a", "v", {}));
    EXPECT_GT(must(fleet().version()), 1'000'000u) << theirs;
  }
}

TEST_F(RedisFleetTest, ValuesOfAnotherProgramAreNoTexts) {
  must(fleet().put("b", "mine", {}));
  server.ask({"HSET", "{leptir:ztasks}:fleet", "a", "no expiry", "c", "", "d", "0 " + std::string(1 << 20, 'x')});
  server.ask({"ZADD", "{leptir:ztasks}:fleet:names", "0", "a", "0", "c", "0", "d", "0", "e"});
  EXPECT_EQ(must(fleet().list("", "", 10)), (std::vector<FleetEntry>{{"b", "mine"}}));
  EXPECT_EQ(fleet().get("a").error().code(), ErrorCode::NotFound);
  EXPECT_EQ(fleet().get("d").error().code(), ErrorCode::NotFound);
}

TEST_F(RedisFleetTest, KeysOfAnotherTypeAreAnErrorAndNothingIsStored) {
  server.ask({"SET", "{leptir:ztasks}:fleet:names", "theirs"});
  EXPECT_EQ(fleet().put("a", "v", {}).error().code(), ErrorCode::Invalid);
  EXPECT_EQ(count("HLEN", "fleet"), 0);
}

TEST_F(RedisFleetTest, MoreTextsThanOneReplyHoldsAreListed) {
  const std::string value(kMaxFleetValueBytes, 'v');
  for (int i = 1000; i < 1200; ++i) must(fleet().put("large/" + std::to_string(i), value, {}));
  for (int i = 1000; i < 3500; ++i) must(fleet().put("small/" + std::to_string(i), "v", {}));
  EXPECT_EQ(must(fleet().list("large/", "", 1000)).size(), 200u);
  EXPECT_EQ(must(fleet().list("small/", "", 10'000)).size(), 2500u);
  EXPECT_EQ(must(fleet().list("", "", 10'000)).size(), 2700u);
}

TEST_F(RedisFleetTest, AFullServerAcceptsAPauseAndItsEnd) {
  server.ask({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_TRUE(fleet().put("pauses/queue", "v", {}));
  EXPECT_TRUE(fleet().erase("pauses/queue"));
  server.ask({"CONFIG", "SET", "maxmemory", "0"});
}

}  // namespace
}  // namespace leptir::redis
