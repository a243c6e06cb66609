#include "tests/support/sqs_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <future>
#include <stdexcept>

#include "tests/support/error_of.h"
#include "tests/support/http_client.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Receives up to ten messages, which stay invisible for so many seconds.
Json receive(SqsTestQueue& queue, int invisible = 30, Json more = Json::object()) {
  more.update({{"MaxNumberOfMessages", 10}, {"VisibilityTimeout", invisible}});
  return queue.ask("ReceiveMessage", more).value("Messages", Json::array());
}

std::vector<std::string> bodiesOf(const Json& messages) {
  std::vector<std::string> bodies;
  for (const auto& message : messages) bodies.push_back(message.at("Body"));
  return bodies;
}

void send(SqsTestQueue& queue, const std::string& body, int delay = 0) {
  queue.ask("SendMessage", {{"MessageBody", body}, {"DelaySeconds", delay}});
}

Json handleOf(const Json& message) {
  return {{"ReceiptHandle", message.at("ReceiptHandle")}};
}

Json visibility(const Json& message, int seconds) {
  return {{"ReceiptHandle", message.at("ReceiptHandle")}, {"VisibilityTimeout", seconds}};
}

TEST(SqsServerOfATest, KeepsMessagesAndSaysItsErrors) {
  SqsTestQueue queue(sharedSqsServer());
  send(queue, "a");
  EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("a"));
  EXPECT_THAT(bodiesOf(receive(queue)), IsEmpty());
  EXPECT_THAT(errorOf([&] { queue.ask("SendMessage"); }), HasSubstr("MissingParameter"));
}

TEST(SqsServerOfATest, HasAnEmptyQueueForEachTest) {
  auto& server = sharedSqsServer();
  std::string name;
  {
    SqsTestQueue first(server), second(server, R"({"VisibilityTimeout": "7"})");
    send(first, "a");
    EXPECT_NE(first.name(), second.name());
    EXPECT_THAT(bodiesOf(receive(second)), IsEmpty());
    EXPECT_EQ(second.ask("GetQueueAttributes", {{"AttributeNames", {"VisibilityTimeout"}}})["Attributes"],
              Json({{"VisibilityTimeout", "7"}}));
    name = first.name();
  }
  EXPECT_THAT(errorOf([&] { server.deleteQueue(name); }), HasSubstr("QueueDoesNotExist"));
}

TEST(SqsServerOfATest, ForgetsItsQueuesWhenItIsKilled) {
  SqsServer server;
  const int port = server.port();
  const auto address = server.createQueue("q");
  EXPECT_EQ(address, server.queueAddress("q"));
  server.kill();
  EXPECT_THAT(errorOf([&] { server.ask("ListQueues", Json::object()); }), HasSubstr("does not answer"));
  server.start();
  EXPECT_EQ(server.port(), port);
  EXPECT_THAT(errorOf([&] { server.deleteQueue("q"); }), HasSubstr("QueueDoesNotExist"));
}

TEST(SqsServerOfATest, KeepsMessagesAndLeasesOverAKillIfItIsDurable) {
  SqsServer server({.memory = SqsServer::Memory::Durable});
  SqsTestQueue queue(server);
  send(queue, "leased");
  const auto leased = receive(queue);
  send(queue, "waiting");
  server.restart();
  EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("waiting"));
  queue.ask("ChangeMessageVisibility", visibility(leased[0], 0));
  EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("leased"));
}

TEST(SqsServerOfATest, AnswersAgainAfterItWasFrozen) {
  SqsServer server;
  SqsTestQueue queue(server);
  server.freeze();
  auto sent = std::async(std::launch::async, [&] { send(queue, "a"); });
  EXPECT_EQ(sent.wait_for(50ms), std::future_status::timeout);
  server.thaw();
  sent.get();
  EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("a"));
}

TEST(SqsServerOfATest, HasAClockThatTheTestMoves) {
  for (const auto time : {SqsServer::Time::Manual, SqsServer::Time::Shifted}) {
    SqsTestQueue queue(sharedSqsServer(time));
    send(queue, "a", 900);
    queue.server().advance(899s);
    EXPECT_THAT(bodiesOf(receive(queue)), IsEmpty());
    queue.server().advance(1s);
    EXPECT_THAT(bodiesOf(receive(queue, 3600)), ElementsAre("a"));
    queue.server().advance(3599s);
    EXPECT_THAT(bodiesOf(receive(queue)), IsEmpty());
    queue.server().advance(1s);
    EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("a"));
  }
}

TEST(SqsServerOfATest, EndsAReceiveThatWaitsWhenAMessageIsDue) {
  SqsTestQueue queue(sharedSqsServer(SqsServer::Time::Manual));
  send(queue, "a", 60);
  auto waiting = std::async(std::launch::async, [&] { return receive(queue, 30, {{"WaitTimeSeconds", 20}}); });
  EXPECT_EQ(waiting.wait_for(50ms), std::future_status::timeout);
  queue.server().advance(60s);
  EXPECT_THAT(bodiesOf(waiting.get()), ElementsAre("a"));
}

TEST(SqsServerOfATest, CountsADelayedMessageThatIsDueAsVisible) {
  SqsTestQueue queue(sharedSqsServer(SqsServer::Time::Manual));
  const auto count = [&](const std::string& name) {
    return queue.ask("GetQueueAttributes", {{"AttributeNames", {name}}})["Attributes"][name];
  };
  send(queue, "a", 60);
  EXPECT_EQ(count("ApproximateNumberOfMessagesDelayed"), "1");
  EXPECT_EQ(count("ApproximateNumberOfMessages"), "0");
  queue.server().advance(60s);
  EXPECT_EQ(count("ApproximateNumberOfMessagesDelayed"), "0");
  EXPECT_EQ(count("ApproximateNumberOfMessages"), "1");
}

TEST(SqsServerOfATest, ForgetsMessagesAfterTheRetentionPeriod) {
  SqsTestQueue queue(sharedSqsServer(SqsServer::Time::Manual), R"({"MessageRetentionPeriod": "60"})");
  send(queue, "old");
  queue.server().advance(30s);
  send(queue, "new");
  queue.server().advance(31s);
  EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("new"));
}

TEST(SqsServerOfATest, KeepsAMessageInvisibleForTwelveHoursAfterItsReceiveAtMost) {
  SqsTestQueue queue(sharedSqsServer(SqsServer::Time::Manual));
  send(queue, "a");
  const auto message = receive(queue, 43200)[0];
  queue.server().advance(1h);
  queue.ask("ChangeMessageVisibility", visibility(message, 11 * 3600));
  EXPECT_THAT(errorOf([&] { queue.ask("ChangeMessageVisibility", visibility(message, 11 * 3600 + 1)); }),
              HasSubstr("beyond the limit [43200 seconds]"));
  queue.server().advance(11h);
  EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("a"));
}

TEST(SqsServerOfATest, KeepsAMessageInvisibleForAsLongAsTheTestAllows) {
  SqsServer server;
  SqsTestQueue queue(server);
  send(queue, "a");
  const auto message = receive(queue)[0];
  server.limitVisibility(10s);
  queue.ask("ChangeMessageVisibility", visibility(message, 5));
  auto entry = visibility(message, 11);
  entry["Id"] = "x";
  const auto answer = queue.ask("ChangeMessageVisibilityBatch", {{"Entries", {entry}}});
  EXPECT_THAT(answer["Successful"], IsEmpty());
  EXPECT_EQ(answer["Failed"][0]["Id"], "x");
  EXPECT_EQ(answer["Failed"][0]["Code"], "InvalidParameterValue");
}

TEST(SqsServerOfATest, RefusesADelayOverFifteenMinutesEntryByEntry) {
  SqsTestQueue queue(sharedSqsServer());
  const auto answer = queue.ask("SendMessageBatch", {{"Entries",
                                                      {{{"Id", "a"}, {"MessageBody", "a"}, {"DelaySeconds", 0}},
                                                       {{"Id", "b"}, {"MessageBody", "b"}, {"DelaySeconds", 901}}}}});
  ASSERT_EQ(answer["Failed"].size(), 1U);
  EXPECT_EQ(answer["Failed"][0]["Id"], "b");
  EXPECT_THAT(bodiesOf(receive(queue)), ElementsAre("a"));
  EXPECT_THAT(errorOf([&] { send(queue, "b", 901); }), HasSubstr("DelaySeconds must be >= 0 and <= 900"));
}

TEST(SqsServerOfATest, ReturnsOnlyTheAttributesThatTheReceiveAsksFor) {
  SqsTestQueue queue(sharedSqsServer());
  const Json attributes = {{"leptir", {{"DataType", "String"}, {"StringValue", "x"}}}};
  queue.ask("SendMessage", {{"MessageBody", "a"}, {"MessageAttributes", attributes}});
  const auto without = receive(queue, 0)[0];
  EXPECT_FALSE(without.contains("MessageAttributes"));
  EXPECT_FALSE(without.contains("Attributes"));
  const auto with =
      receive(queue, 0,
              {{"MessageAttributeNames", {"leptir"}}, {"MessageSystemAttributeNames", {"ApproximateReceiveCount"}}})[0];
  EXPECT_EQ(with["MessageAttributes"], attributes);
  EXPECT_EQ(with["Attributes"]["ApproximateReceiveCount"], "2");
}

TEST(SqsServerOfATest, DoesNothingWithAHandleThatALaterReceiveHasReplaced) {
  SqsTestQueue queue(sharedSqsServer());
  send(queue, "a");
  const auto first = receive(queue, 0)[0];
  const auto second = receive(queue, 30)[0];
  EXPECT_THAT(errorOf([&] { queue.ask("ChangeMessageVisibility", visibility(first, 0)); }),
              HasSubstr("MessageNotInflight"));
  queue.ask("DeleteMessage", handleOf(first));
  queue.ask("ChangeMessageVisibility", visibility(second, 0));
  const auto third = receive(queue)[0];
  queue.ask("DeleteMessage", handleOf(third));
  EXPECT_THAT(errorOf([&] { queue.ask("ChangeMessageVisibility", visibility(third, 0)); }),
              HasSubstr("MessageNotInflight"));
}

TEST(SqsServerOfATest, RefusesWhatIsLargerThanItsQueueTakes) {
  SqsTestQueue queue(sharedSqsServer(), R"({"MaximumMessageSize": "1024"})");
  send(queue, std::string(1024, 'x'));
  EXPECT_THAT(errorOf([&] { send(queue, std::string(1025, 'x')); }), HasSubstr("shorter than 1024 bytes"));
}

TEST(SqsServerOfATest, EndsWithItsObject) {
  int port = 0;
  {
    SqsServer server;
    port = server.port();
    EXPECT_TRUE(HttpClient(port).isOpen());
  }
  EXPECT_FALSE(HttpClient(port).isOpen());
}

TEST(SqsServerOfATest, SaysWhatToDoWhereNoEmulatorIsSetUp) {
  const char* const told = std::getenv("LEPTIR_TEST_SQS_SERVER");
  const std::string kept = told == nullptr ? "" : told;
  ::setenv("LEPTIR_TEST_SQS_SERVER", "/no/such/folder", 1);
  EXPECT_THAT(errorOf([] { SqsServer(); }), HasSubstr("run tools/setup-sqs"));
  ::setenv("LEPTIR_TEST_SQS_SERVER", kept.c_str(), 1);
}

}  // namespace
}  // namespace leptir
