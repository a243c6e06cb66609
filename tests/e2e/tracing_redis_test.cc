// Spans of tasks whose queue lies on a redis-server: counters of retries stand in the envelope there, beside the trace.
#include "tests/e2e/redis_store.h"
#include "tests/e2e/tracing.h"

namespace leptir::e2e {
namespace {

class TracingRedisTest : public ServerStoreTest {
 protected:
  TracingRedisTest() : ServerStoreTest(std::make_unique<RedisStore>()) {
    configure("", tracingTo(collector.server.origin()) + "  tasks: { fail: { retry_delay: 0.05 } }\n");
  }

  SpanCollector collector;
};

TEST_F(TracingRedisTest, ARetryHasASpanInTheTraceOfThePush) {
  const auto id = push({"fail", "--maxAttempts=2", "--traceparent=" + kSampled});
  ASSERT_EQ(drain(), 0);
  const auto spans = collector.spansOf(id);
  ASSERT_EQ(spans.size(), 3u);
  for (const auto& span : spans) EXPECT_EQ(span["traceId"], kTrace);
  EXPECT_EQ(SpanCollector::attribute(spans[2], "leptir.task.attempt"), "2");
}

TEST_F(TracingRedisTest, AnEnvelopeOfPhpHasNoSpansAndOneWithAWrongTraceRuns) {
  store->pushAsPhp("php1", "noop");
  static_cast<RedisStore&>(*store).pushMember(
      R"({"cn":"noop","pr":0,"tl":0,"toex":"","td":{"id":"php2","parameters":[]},"trace":"00-x"})");
  ASSERT_EQ(drain(), 0);
  EXPECT_TRUE(isDone("php1"));
  EXPECT_TRUE(isDone("php2"));
  EXPECT_TRUE(collector.spans().empty());
}

}  // namespace
}  // namespace leptir::e2e
