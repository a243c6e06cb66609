#include "task/envelope_counters.h"

#include <gtest/gtest.h>

#include <limits>

#include "leptir/json.h"
#include "leptir/spi/encoded_task.h"
#include "task/envelope.h"

namespace leptir::task {
namespace {

BrokerTask taskOf(std::string id) {
  BrokerTask task;
  task.id = std::move(id);
  task.name = R"(App\Mail "td":{"id":"no")";
  task.parameters = R"({"at":7,"td":{"id":"inner","ex":[1,{"cr":2}]},"text":"} ] \" , \\"})";
  return task;
}

TEST(EnvelopeCounters, AreReadAsTheyWerePushed) {
  auto task = taskOf("1");
  EXPECT_EQ(countersIn(encodeEnvelope(task)), Counters{});
  task.counters = {.failures = 1, .crashes = 2, .expiries = 3, .unknown = 4};
  EXPECT_EQ(countersIn(encodeEnvelope(task)), task.counters);
}

TEST(EnvelopeCounters, OfBytesThatAreNoEnvelopeAreZeroAndTheBytesStayUnchanged) {
  for (const std::string bytes : {"", "at", R"({"at":1)", R"(["at","cr"])", "\xff\"at\"", "null"}) {
    EXPECT_EQ(countersIn(bytes), Counters{}) << bytes;
    EXPECT_EQ(withCounters(bytes, {.failures = 1}), bytes);
  }
}

TEST(EnvelopeCounters, CanBeSetAndRemovedWithoutAnyOtherChange) {
  const auto envelope = encodeEnvelope(taskOf("1"));
  const Counters counters{.failures = 5, .crashes = 0, .expiries = 70, .unknown = 0};
  const auto counted = withCounters(envelope, counters);
  EXPECT_EQ(countersIn(counted), counters);
  EXPECT_EQ(withCounters(counted, {.crashes = 2}), withCounters(envelope, {.crashes = 2}));
  EXPECT_EQ(withCounters(counted, {}), envelope);
}

// The largest task that can be pushed must stay readable after any number of attempts, which add counters to it.
TEST(EnvelopeCounters, CanBeAddedToTheLargestTaskThatCanBePushed) {
  auto task = taskOf("1");
  task.parameters = "[\"\"]";
  task.parameters.insert(2, kMaxEnvelopeBytes - encodeEnvelope(task).size(), 'x');
  const auto envelope = EncodedTask::encode(task).value().envelope;
  ASSERT_EQ(envelope.size(), kMaxEnvelopeBytes);
  constexpr auto kMax = std::numeric_limits<std::uint32_t>::max();
  const Counters counters{.failures = kMax, .crashes = kMax, .expiries = kMax, .unknown = kMax};
  EXPECT_EQ(countersIn(withCounters(envelope, counters)), counters);
}

TEST(EnvelopeCounters, KeepTheBlanksTheOrderAndTheKeysOfForeignEnvelopes) {
  const std::string foreign =
      "{ \"ex\" : 3, \"td\" : {\"id\":\"x\", \"parameters\":[1.0, 1e3]} ,\n \"own\":{\"at\":[ ]}, \"cn\":\"A\" , "
      "\"at\":2}\n";
  EXPECT_EQ(countersIn(foreign), (Counters{.failures = 2, .expiries = 3}));
  const auto changed = withCounters(foreign, {.crashes = 1});
  EXPECT_EQ(Json::parse(changed),
            Json::parse(R"({"td":{"id":"x","parameters":[1.0,1e3]},"own":{"at":[]},"cn":"A","cr":1})"));
  EXPECT_NE(changed.find("[1.0, 1e3]"), std::string::npos);
}

TEST(EnvelopeCounters, TheIdIsEscapedAsPhpEscapesItInAnyEnvelope) {
  const std::string id = "a/\"\\\xc4\x8d";
  EXPECT_EQ(escapedIdIn(encodeEnvelope(taskOf("plain-1.5"))), "plain-1.5");
  EXPECT_EQ(escapedIdIn(encodeEnvelope(taskOf(id))), escapedId(id));
  EXPECT_EQ(escapedId(id), R"(a\/\"\\\u010d)");
  EXPECT_EQ(unescapedId(escapedId(id)), id);
  EXPECT_EQ(escapedIdIn("{\"td\": {\"parameters\":[], \"id\" : \"a/b\"}, \"cn\":\"A\"}"), R"(a\/b)");
  EXPECT_EQ(escapedIdIn(R"({"cn":"A","td":{"id":"a/b","parameters":[]}})"), R"(a\/b)");
  EXPECT_EQ(escapedIdIn(R"({"x":{"td":{"id":"no"}},"cn":"A","td":{"id":"yes"}})"), "yes");
  EXPECT_EQ(escapedIdIn(R"({"cn":"A","td":{"parameters":[]}})"), "");
  EXPECT_EQ(escapedIdIn("oops"), "");
}

TEST(EnvelopeCounters, TheIdIsFoundWithoutDecodingWhereItStandsAsPhpWritesIt) {
  EXPECT_EQ(findIdWithoutParsing(encodeEnvelope({.id = "plain-1.5", .name = "App\\Mail"})), "plain-1.5");
  EXPECT_EQ(findIdWithoutParsing(R"({"cn":"A","pr":0,"td":{"id":"cut-off","par)"), "cut-off");
  EXPECT_EQ(findIdWithoutParsing(R"({"cn":"A","td":{"id":"cut-of)"), "") << "no end of the id";
  EXPECT_EQ(findIdWithoutParsing(encodeEnvelope({.id = "with blank", .name = "A"})), "");
  EXPECT_EQ(findIdWithoutParsing(R"({"cn":"A","td":{"id":")" + std::string(256, 'x') + "\"}}"), "");
  EXPECT_EQ(findIdWithoutParsing(R"({"x":{"td":{"id":"no"}},"cn":"A","td":{"id":"yes"}})"), "");
  EXPECT_EQ(findIdWithoutParsing("oops"), "");
}

}  // namespace
}  // namespace leptir::task
