// Requests to a server that behaves, several at a time.
#include "aws/json_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "aws/aws_fixture.h"
#include "tests/support/wait_until.h"

namespace leptir::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class JsonClientTest : public testing::Test {
 protected:
  JsonClientTest() { server.keepConnections(); }

  JsonClientOptions options() const {
    return {.endpoint = server.origin(), .region = "eu-west-1", .service = "sqs", .connections = 8};
  }
  JsonClient client() const { return JsonClient(options(), fixedCredentials(someCredentials())); }
  static JsonRequest request(const std::string& body = "{}", Repeat repeat = Repeat::IfRefused) {
    return {.target = "AmazonSQS.Test", .body = body, .limit = seconds(10), .repeat = repeat};
  }

  CleanEnvironment environment;
  HttpServer server;
};

TEST_F(JsonClientTest, SendsASignedRequestAndReturnsTheAnswer) {
  server.willReact({{.body = R"({"MessageId":"1"})"}});
  auto client = this->client();
  const auto answer = client.perform(request(R"({"QueueUrl":"q"})"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, R"({"MessageId":"1"})");
  EXPECT_EQ(answer->errorCode, "");
  const auto received = server.requests().at(0);
  EXPECT_EQ(received.method, "POST");
  EXPECT_EQ(received.target, "/");
  EXPECT_EQ(received.body, R"({"QueueUrl":"q"})");
  EXPECT_EQ(received.headers.at("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(received.headers.at("x-amz-target"), "AmazonSQS.Test");
  EXPECT_THAT(received.headers.at("authorization"), StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
  EXPECT_EQ(client.counts().sent, 1u);
}

TEST_F(JsonClientTest, ReturnsTheServicesErrorAsAnAnswer) {
  server.willReact({{.status = 400, .body = R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"})"}});
  const auto answer = client().perform(request());
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(answer->errorCode, "QueueDoesNotExist");
  EXPECT_EQ(answer->errorMessage, "gone");
}

TEST_F(JsonClientTest, KeepsThePathOfTheEndpoint) {
  auto options = this->options();
  options.endpoint += "/local/sqs";
  JsonClient client(options, fixedCredentials(someCredentials()));
  ASSERT_TRUE(client.perform(request()));
  EXPECT_EQ(server.requests().at(0).target, "/local/sqs");
}

TEST_F(JsonClientTest, UsesOneConnectionForRequestsOneAfterTheOther) {
  auto client = this->client();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(client.perform(request()));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client.counts().connections, 1u);
  EXPECT_EQ(client.counts().sent, 50u);
}

// Each request is answered only once all eight have arrived.
TEST_F(JsonClientTest, HasAsManyRequestsInFlightAsThereAreConnections) {
  std::atomic<int> arrived = 0;
  server.answerBy([&](const HttpReceived&) {
    ++arrived;
    waitUntil([&] { return arrived >= 8; });
    return HttpReaction{.body = "{}"};
  });
  auto client = this->client();
  std::vector<JsonClient::Number> numbers;
  for (int i = 0; i < 20; ++i) numbers.push_back(client.start(request()));
  int ended = 0;
  while (ended < 20) {
    client.wait(seconds(10));
    ended = 0;
    for (auto& number : numbers) {
      if (number == 0) {
        ++ended;
        continue;
      }
      const auto result = client.take(number);
      if (!result) continue;
      EXPECT_TRUE(*result) << result->error().message();
      number = 0;
      ++ended;
    }
  }
  EXPECT_EQ(server.connections(), 8);
  EXPECT_EQ(client.counts().connections, 8u);
}

TEST_F(JsonClientTest, WaitReturnsOnceForEachRequestThatHasEnded) {
  server.answerBy([](const HttpReceived& received) {
    return HttpReaction{.body = "{}", .delay = received.body == "{\"slow\":1}" ? seconds(60) : seconds(0)};
  });
  auto client = this->client();
  const auto slow = client.start(request("{\"slow\":1}"));
  const auto quick = client.start(request());
  client.wait(seconds(30));
  EXPECT_FALSE(client.take(slow));
  EXPECT_TRUE(client.take(quick).has_value());
  const auto begin = systemClock().bootTime();
  client.wait(milliseconds(50));
  EXPECT_GE(systemClock().bootTime() - begin, milliseconds(50));
}

TEST_F(JsonClientTest, ARingEndsTheWaitButNotTheRequest) {
  server.answerBy([](const HttpReceived&) { return HttpReaction{.body = "{}", .delay = milliseconds(200)}; });
  auto client = this->client();
  const auto number = client.start(request());
  Wake wake;
  wake.ring();
  client.wait(seconds(30), &wake);
  EXPECT_FALSE(client.take(number));
  EXPECT_TRUE(wake.clear()) << "the ring belongs to the caller";
  client.wait(seconds(30), &wake);
  EXPECT_TRUE(client.take(number).has_value());
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(JsonClientTest, OtherRequestsGoOnWhileOneIsPerformed) {
  server.answerBy([](const HttpReceived& received) {
    return HttpReaction{.body = "{}", .delay = received.body == "{\"slow\":1}" ? milliseconds(100) : milliseconds(0)};
  });
  auto client = this->client();
  const auto quick = client.start(request());
  ASSERT_TRUE(client.perform(request("{\"slow\":1}")));
  EXPECT_TRUE(client.take(quick).has_value());
}

TEST_F(JsonClientTest, AnAbandonedRequestLeavesItsPlaceToOthers) {
  server.answerBy([](const HttpReceived& received) {
    return HttpReaction{.body = "{}", .delay = received.body == "{\"slow\":1}" ? seconds(60) : seconds(0)};
  });
  auto options = this->options();
  options.connections = 1;
  JsonClient client(options, fixedCredentials(someCredentials()));
  const auto slow = client.start(request("{\"slow\":1}"));
  const auto waiting = client.start(request());
  EXPECT_FALSE(client.take(waiting));
  client.abandon(slow);
  client.wait(seconds(30));
  EXPECT_TRUE(client.take(waiting).has_value());
}

TEST_F(JsonClientTest, TakesBodiesOfAMebibyteBothWays) {
  const std::string large = "{\"x\":\"" + std::string(1'500'000, 'x') + "\"}";
  server.answerBy([&](const HttpReceived& received) { return HttpReaction{.body = received.body}; });
  const auto answer = client().perform(request(large));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_TRUE(answer->body == large);
}

TEST_F(JsonClientTest, ASuccessThatIsNoJsonObjectIsInvalid) {
  for (const std::string body : {"<html>Log in to this network</html>", "[]", "{\"cut\":", "null"}) {
    server.willReact({{.body = body}});
    const auto answer = client().perform(request());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(answer.error().message(), HasSubstr("no JSON object"));
  }
}

TEST_F(JsonClientTest, AnEmptySuccessIsAnEmptyObject) {
  server.willReact({{.body = ""}});
  EXPECT_EQ(client().perform(request())->body, "{}");
}

TEST_F(JsonClientTest, RefusesAnEndpointThatCannotWork) {
  for (const std::string endpoint :
       {"", "sqs.example.org", "ftp://a/", "https://me:geheim@a/", "https://a/?x=geheim"}) {
    auto options = this->options();
    options.endpoint = endpoint;
    const auto answer = JsonClient(options, fixedCredentials(someCredentials())).perform(request());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(answer.error().message(), Not(HasSubstr("geheim")));
  }
  auto options = this->options();
  options.region.clear();
  EXPECT_THAT(JsonClient(options, fixedCredentials(someCredentials())).perform(request()).error().message(),
              HasSubstr("'region'"));
}

TEST_F(JsonClientTest, WithoutCredentialsNothingIsSent) {
  auto script = std::make_shared<ScriptedCredentials::Script>();
  script->results = {Error(ErrorCode::NotFound, "there are none")};
  JsonClient client(options(), std::make_unique<ScriptedCredentials>(script));
  for (int i = 0; i < 5; ++i) {
    const auto answer = client.perform(request());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(answer.error().message(), HasSubstr("AWS credentials: there are none"));
  }
  EXPECT_EQ(script->fetches, 1) << "a failure is remembered for a moment";
  EXPECT_EQ(server.connections(), 0);
}

// The child has copies of the sockets. It must neither use nor close the TLS sessions and connections in them.
TEST_F(JsonClientTest, AForkedChildNeitherUsesNorDisturbsIt) {
  auto client = std::make_unique<JsonClient>(options(), fixedCredentials(someCredentials()));
  ASSERT_TRUE(client->perform(request()));
  const pid_t child = ::fork();
  if (child == 0) {
    const auto answer = client->perform(request());
    client->wait(milliseconds(1));
    const bool isRefused = !answer && answer.error().code() == ErrorCode::Internal;
    client.reset();
    ::_exit(isRefused ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_TRUE(client->perform(request()));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(JsonClientTest, UsesTheProxyOfTheEnvironment) {
  auto options = this->options();
  options.endpoint = "http://sqs.example.org";
  environment.set("http_proxy", server.origin());
  JsonClient client(options, fixedCredentials(someCredentials()));
  const auto answer = client.perform(request());
  http::forgetProxies();
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(server.requests().at(0).target, "http://sqs.example.org/");
  EXPECT_EQ(server.requests().at(0).headers.at("host"), "sqs.example.org");
}

}  // namespace
}  // namespace leptir::aws
