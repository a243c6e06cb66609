// What is sent for a task, and what a received message means.
#include "backends/sqs/task_message.h"

#include <gtest/gtest.h>

#include "backends/sqs/message_note.h"
#include "leptir/spi/simple_broker.h"
#include "task/envelope.h"
#include "task/envelope_counters.h"

namespace leptir::sqs {
namespace {

using namespace std::chrono_literals;

const Time kNow(std::chrono::milliseconds(1'764'500'000'250));

std::string envelopeOf(std::optional<Time> due = {}, const Counters& counters = {}) {
  return task::encodeEnvelope({.id = "t", .name = "Test", .timeOfExecution = due, .counters = counters});
}

ReceivedMessage received(const OutgoingMessage& sent, std::uint32_t receives = 1) {
  return {.id = "m", .receipt = "r", .body = sent.body, .receives = receives, .attributes = sent.attributes};
}

// What happens to the message when it is received right after its delay.
MessageDecision afterDelay(const OutgoingMessage& sent, Time sentAt) {
  return decide(received(sent), sentAt + sent.delay);
}

TEST(TaskMessage, ATaskWithoutATimeOrWithAPastOneIsSentWithoutADelayAndWithoutAnAttribute) {
  for (const auto due : {std::optional<Time>(), std::optional<Time>(kNow), std::optional<Time>(Time::min())}) {
    const auto message = messageOf(envelopeOf(), due, kNow);
    EXPECT_EQ(message.delay, 0s);
    EXPECT_TRUE(message.attributes.empty());
  }
}

TEST(TaskMessage, ADelayIsRoundedUpToWholeSeconds) {
  EXPECT_EQ(messageOf("{}", kNow + 1us, kNow).delay, 1s);
  EXPECT_EQ(messageOf("{}", kNow + 1s, kNow).delay, 1s);
  EXPECT_EQ(messageOf("{}", kNow + 1001ms, kNow).delay, 2s);
}

TEST(TaskMessage, ATaskThatIsDueWithinOneDelayIsLeasedAfterItWhateverTheReceiversClockSays) {
  const auto due = kNow + 10s;
  const auto sent = messageOf(envelopeOf(due), due, kNow);
  EXPECT_EQ(sent.delay, 10s);
  EXPECT_EQ(decide(received(sent), kNow - 1h).action, MessageDecision::Action::Lease);
}

TEST(TaskMessage, ATaskThatIsDueLaterTravelsInHopsOfFifteenMinutesAndIsNeverEarly) {
  const auto due = kNow + 40min;
  auto sentAt = kNow;
  auto message = messageOf(envelopeOf(due), due, sentAt);
  std::vector<std::chrono::seconds> delays{message.delay};
  for (auto decision = afterDelay(message, sentAt); decision.action == MessageDecision::Action::SendOn;
       decision = afterDelay(message, sentAt)) {
    sentAt += message.delay;
    message = messageOf(message.body, decision.due, sentAt);
    delays.push_back(message.delay);
    EXPECT_EQ(decision.counters, Counters{});
  }
  EXPECT_EQ(delays, (std::vector<std::chrono::seconds>{900s, 900s, 600s}));
  EXPECT_GE(sentAt + message.delay, due);
}

TEST(TaskMessage, AHopThatIsReceivedLateDoesNotDelayTheTaskBeyondItsTime) {
  const auto due = kNow + 40min;
  const auto message = messageOf(envelopeOf(due), due, kNow);
  EXPECT_EQ(decide(received(message), due).action, MessageDecision::Action::Lease);
  const auto decision = decide(received(message), due - 7s);
  EXPECT_EQ(decision.action, MessageDecision::Action::SendOn);
  EXPECT_EQ(decision.due, due);
}

TEST(TaskMessage, ATaskThatIsDueAtTheEndOfTimeIsSentOnForever) {
  const auto message = messageOf(envelopeOf(), Time(kMaxTimeSpan), kNow);
  EXPECT_EQ(message.delay, 900s);
  EXPECT_EQ(afterDelay(message, kNow).action, MessageDecision::Action::SendOn);
}

TEST(TaskMessage, AMessageOfPhpWaitsForTheTimeInItsEnvelope) {
  const auto due = kNow + 100s;
  ReceivedMessage message{.body = envelopeOf(due)};
  EXPECT_EQ(decide(message, kNow).action, MessageDecision::Action::SendOn);
  EXPECT_EQ(decide(message, due).action, MessageDecision::Action::Lease);
  message.body = envelopeOf();
  EXPECT_EQ(decide(message, kNow).action, MessageDecision::Action::Lease);
}

TEST(TaskMessage, BytesThatAreNoEnvelopeAreLeasedAsTheyAre) {
  for (const auto* body : {"", "hello", "5", "{}", R"({"Type":"Notification","Message":"x"})"}) {
    const auto decision = decide({.body = body, .receives = 9}, kNow);
    EXPECT_EQ(decision.action, MessageDecision::Action::Lease) << body;
  }
}

TEST(TaskMessage, EachReceiveBeyondTheFirstIsAnExpiry) {
  const Counters counters{.failures = 2, .expiries = 0, .unknown = 1};
  const auto decision = decide({.body = envelopeOf({}, counters), .receives = 2}, kNow);
  EXPECT_EQ(decision.action, MessageDecision::Action::Lease);
  EXPECT_EQ(decision.counters, (Counters{.failures = 2, .expiries = 1, .unknown = 1}));
}

TEST(TaskMessage, FromTheSecondExpiryOnATaskWaitsAndTheCounterTravelsWithIt) {
  const auto decision = decide({.body = envelopeOf({}, {.expiries = 1}), .receives = 3}, kNow);
  ASSERT_EQ(decision.action, MessageDecision::Action::SendOn);
  EXPECT_EQ(decision.counters.expiries, 3u);
  EXPECT_EQ(decision.due, kNow + delayAfterExpiry(3));
  const auto sent = messageOf(task::withCounters(envelopeOf(), decision.counters), decision.due, kNow);
  const auto next = afterDelay(sent, kNow);
  EXPECT_EQ(next.action, MessageDecision::Action::Lease);
  EXPECT_EQ(next.counters.expiries, 3u) << "its first receive counts nothing";
}

TEST(TaskMessage, ATaskWithTheMostExpiriesIsLeasedAtOnceSoThatItIsBuried) {
  const auto decision = decide({.body = envelopeOf({}, {.expiries = kMaxExpiries - 1}), .receives = 2}, kNow);
  EXPECT_EQ(decision.action, MessageDecision::Action::Lease);
  EXPECT_EQ(decision.counters.expiries, kMaxExpiries);
}

TEST(TaskMessage, AttributesOfOtherProgramsAreKept) {
  const std::vector<MessageAttribute> others{{"trace", "String", "abc", ""}};
  const auto sent = messageOf(envelopeOf(), kNow + 1h, kNow, kMaxDelay, others);
  EXPECT_EQ(sent.attributes.size(), 2u);
  EXPECT_EQ(attributesOfOthers(sent.attributes), others);
}

TEST(TaskMessage, AnAttributeThatCannotBeReadCountsAsNone) {
  for (const auto* text : {"", "x", "[]", R"({"due":1})", R"({"due":"1","rest":2})", R"({"due":1,"rest":-2})",
                           R"({"due":99999999999999999,"rest":2})", R"({"due":1.5,"rest":2})"}) {
    EXPECT_EQ(decide({.body = "{}", .attributes = {{"leptir", "String", text, ""}}}, kNow).action,
              MessageDecision::Action::Lease)
        << text;
  }
}

TEST(TaskMessage, CharactersThatNoMessageMayHaveAreEscaped) {
  EXPECT_EQ(escapeInvalid("\xef\xbf\xbe|\xef\xbf\xbf|\xef\xbf\xbd|\xef\xbf"), "\\ufffe|\\uffff|\xef\xbf\xbd|\xef\xbf");
  EXPECT_EQ(escapeInvalid("plain \xc4\x8d"), "plain \xc4\x8d");
}

}  // namespace
}  // namespace leptir::sqs
