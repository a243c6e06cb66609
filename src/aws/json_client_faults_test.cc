// Requests to a server that refuses them, breaks connections or does not answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "aws/aws_fixture.h"
#include "aws/json_client.h"
#include "aws/signing_time.h"
#include "leptir/json.h"
#include "tests/support/wait_until.h"

namespace leptir::aws {
namespace {

using How = HttpReaction::How;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string errorBody(const std::string& code, const std::string& message = "") {
  return Json{{"__type", "com.amazonaws.sqs#" + code}, {"message", message}}.dump();
}

std::string dateHeader(Time time) {
  const auto unixTime = std::chrono::system_clock::to_time_t(time);
  tm parts{};
  ::gmtime_r(&unixTime, &parts);
  char text[64];
  std::strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

class JsonClientFaults : public testing::Test {
 protected:
  JsonClientFaults() { server.keepConnections(); }

  JsonClientOptions options() const { return {.endpoint = server.origin(), .region = "eu-west-1", .service = "sqs"}; }
  static JsonRequest request(Repeat repeat = Repeat::IfRefused, Duration limit = seconds(20)) {
    return {.target = "AmazonSQS.Test", .body = "{}", .limit = limit, .repeat = repeat};
  }
  // What the client makes of these reactions, one for each send.
  Result<JsonAnswer> performWhile(std::deque<HttpReaction> reactions, const JsonRequest& request) {
    server.willReact(std::move(reactions));
    return client.perform(request);
  }
  Result<JsonAnswer> afterRefusal(int status, const std::string& code, Repeat repeat) {
    return performWhile({{.status = status, .body = errorBody(code)}}, request(repeat));
  }

  CleanEnvironment environment;
  HttpServer server;
  JsonClient client{options(), fixedCredentials(someCredentials())};
};

TEST_F(JsonClientFaults, ARefusedRequestIsSentAgainUnlessItMayNotBe) {
  for (const auto& [status, code] : {std::pair{400, "ThrottlingException"},
                                     {403, "RequestThrottled"},
                                     {429, ""},
                                     {503, "ServiceUnavailable"},
                                     {503, "SlowDown"}}) {
    const auto never = afterRefusal(status, code, Repeat::Never);
    ASSERT_TRUE(never);
    EXPECT_EQ(never->status, status);
    for (const auto repeat : {Repeat::IfRefused, Repeat::Always}) {
      const auto answer = afterRefusal(status, code, repeat);
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 200) << status << " " << code;
    }
  }
  EXPECT_EQ(client.counts().repeated, 10u);
  EXPECT_EQ(client.counts().sent, 25u);
  EXPECT_EQ(client.counts().throttled, 12u);
}

TEST_F(JsonClientFaults, WhereTheOutcomeIsUnknownARequestIsSentAgainOnlyIfThatIsAlwaysRight) {
  for (const auto& fault : {HttpReaction{.status = 500, .body = errorBody("InternalFailure")},
                            HttpReaction{.status = 502}, HttpReaction{.status = 504}, HttpReaction{.how = How::Close},
                            HttpReaction{.how = How::ResetFirst}, HttpReaction{.how = How::ResetInHead}}) {
    const auto sentBefore = server.requests().size();
    const auto once = performWhile({fault}, request(Repeat::IfRefused));
    EXPECT_TRUE(!once || once->status == fault.status);
    EXPECT_EQ(server.requests().size(), sentBefore + 1);
    const auto again = performWhile({fault}, request(Repeat::Always));
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->status, 200);
    EXPECT_EQ(server.requests().size(), sentBefore + 3);
  }
}

// libcurl would send such a request again by itself, on a new connection.
TEST_F(JsonClientFaults, ARequestOnAKeptConnectionThatIsLostIsNotSentAgain) {
  ASSERT_TRUE(client.perform(request()));
  ASSERT_EQ(server.connections(), 1);
  const auto answer = performWhile({{.how = How::Close}}, request());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("closed or reset before an answer came"));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(JsonClientFaults, AConnectionThatTheServerHasClosedIsReplaced) {
  ASSERT_TRUE(waitUntil([&] {
    const auto answer = client.perform(request(Repeat::Never));
    server.closeIdleConnections();
    return answer && server.connections() >= 2;
  }));
}

TEST_F(JsonClientFaults, ACutAnswerIsNoAnswer) {
  const auto answer = performWhile(
      {{.body = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1}", .how = How::NotHttp}}, request());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(JsonClientFaults, WaitsAsLongAsTheServiceAsksFor) {
  const auto begin = systemClock().bootTime();
  const auto answer = performWhile(
      {{.status = 503, .headers = {"Retry-After: 1"}, .body = errorBody("ServiceUnavailable")}}, request());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_GE(systemClock().bootTime() - begin, seconds(1));
}

TEST_F(JsonClientFaults, AfterItsTimeLimitTheLastAnswerIsTheResult) {
  server.answerBy([](const HttpReceived&) {
    return HttpReaction{.status = 400, .body = errorBody("ThrottlingException", "slowly")};
  });
  const auto begin = systemClock().bootTime();
  const auto answer = client.perform(request(Repeat::IfRefused, milliseconds(800)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->errorCode, "ThrottlingException");
  EXPECT_EQ(answer->errorMessage, "slowly");
  EXPECT_LE(systemClock().bootTime() - begin, seconds(5));
  EXPECT_GE(server.requests().size(), 2u);
}

TEST_F(JsonClientFaults, AServiceThatAsksForALongerPauseThanThereIsTimeIsNotWaitedFor) {
  const auto begin = systemClock().bootTime();
  const auto answer = performWhile({{.status = 429, .headers = {"Retry-After: 3600"}}}, request());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 429);
  EXPECT_LE(systemClock().bootTime() - begin, seconds(10));
}

// A row of B10: no more than ten requests a second while there are errors, whatever the callers do.
TEST_F(JsonClientFaults, CallersThatTryAgainAtOnceDoNotFloodAServiceThatRefuses) {
  server.answerBy(
      [](const HttpReceived&) { return HttpReaction{.status = 503, .body = errorBody("ServiceUnavailable")}; });
  const auto end = systemClock().bootTime() + seconds(2);
  std::vector<JsonClient::Number> numbers;
  while (systemClock().bootTime() < end) {
    while (numbers.size() < 8) numbers.push_back(client.start(request(Repeat::Never, seconds(5))));
    client.wait(milliseconds(10));
    std::erase_if(numbers, [&](auto number) { return client.take(number).has_value(); });
  }
  EXPECT_LE(server.requests().size(), 20u);
  EXPECT_GE(server.requests().size(), 3u);
}

TEST_F(JsonClientFaults, ASilentServerIsUnavailableAfterTheTimeLimit) {
  const auto answer = performWhile({{.how = How::Silence}}, request(Repeat::Always, milliseconds(300)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(answer.error().message(), AllOf(StartsWith(server.origin()), HasSubstr("no answer within")));
}

TEST_F(JsonClientFaults, APortWithoutServerIsUnavailableSoon) {
  auto options = this->options();
  options.endpoint = "http://127.0.0.1:" + std::to_string(HttpServer().port());
  JsonClient other(options, fixedCredentials(someCredentials()));
  const auto begin = systemClock().bootTime();
  const auto answer = other.perform(request(Repeat::Always));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Unavailable);
  EXPECT_THAT(answer.error().message(), HasSubstr("cannot connect: connection refused"));
  EXPECT_LE(systemClock().bootTime() - begin, seconds(10));
  EXPECT_EQ(other.counts().sent, 0u) << "nothing was sent, so that nothing is paid for";
}

TEST_F(JsonClientFaults, AnAnswerThatIsNotHttpIsInvalid) {
  const auto answer = performWhile({{.body = "SSH-2.0-OpenSSH_9.2\r\n", .how = How::NotHttp}}, request(Repeat::Always));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::Invalid);
}

TEST_F(JsonClientFaults, FollowsNoRedirect) {
  HttpServer other;
  const auto answer =
      performWhile({{.status = 307, .headers = {"Location: " + other.origin() + "/"}}}, request(Repeat::Always));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->errorCode, "HttpStatus307");
  EXPECT_EQ(other.connections(), 0);
}

// A service whose clock is `skew` ahead, and which refuses other times as AWS does.
TEST_F(JsonClientFaults, TakesTheTimeOfAServiceThatRefusesOurs) {
  for (const auto skew : {minutes(60), minutes(-1000)}) {
    for (const std::string code : {"InvalidSignatureException", "RequestTimeTooSkewed", "SignatureDoesNotMatch"}) {
      JsonClient fresh(options(), fixedCredentials(someCredentials()));
      server.answerBy([&](const HttpReceived& received) {
        const auto now = systemClock().now() + skew;
        for (int difference = -30; difference <= 30; ++difference) {
          if (received.headers.at("x-amz-date") == signingTime(now + seconds(difference)))
            return HttpReaction{.body = "{}"};
        }
        return HttpReaction{.status = 403, .headers = {dateHeader(now)}, .body = errorBody(code, "Signature expired")};
      });
      const auto answer = fresh.perform(request());
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer->status, 200) << code;
      const auto difference = fresh.serviceTime() - (systemClock().now() + skew);
      EXPECT_LE(std::chrono::abs(difference), seconds(5));
    }
  }
}

TEST_F(JsonClientFaults, AWrongSignatureAtTheRightTimeIsFinal) {
  server.answerBy([](const HttpReceived&) {
    return HttpReaction{
        .status = 403, .headers = {dateHeader(systemClock().now())}, .body = errorBody("SignatureDoesNotMatch", "no")};
  });
  const auto answer = client.perform(request(Repeat::Always));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->errorCode, "SignatureDoesNotMatch");
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(JsonClientFaults, ErrorsContainNoSecret) {
  auto credentials = someCredentials();
  credentials.sessionToken = "geheimToken";
  JsonClient other(options(), fixedCredentials(credentials));
  for (const auto how : {How::Close, How::NotHttp, How::Silence}) {
    server.willReact({{.body = "geheim", .how = how}});
    const auto answer = other.perform(request(Repeat::Never, milliseconds(300)));
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message(), AllOf(Not(HasSubstr("geheim")), Not(HasSubstr("AKID"))));
  }
}

class ChangingCredentials : public JsonClientFaults {
 protected:
  // Accepts requests with this access key.
  void accept(const std::string& key, const std::string& code = "ExpiredToken") {
    server.answerBy([key, code](const HttpReceived& received) {
      const bool isAccepted = received.headers.at("authorization").find("Credential=" + key + "/") != std::string::npos;
      return isAccepted ? HttpReaction{.body = "{}"} : HttpReaction{.status = 403, .body = errorBody(code)};
    });
  }
  JsonClient clientWith(std::vector<Result<Credentials>> results) {
    script->results = std::move(results);
    return JsonClient(options(), std::make_unique<ScriptedCredentials>(script));
  }
  static Credentials named(const std::string& key, std::optional<Time> expires = {}) {
    return {.accessKey = key, .secretKey = "geheim", .expires = expires};
  }

  std::shared_ptr<ScriptedCredentials::Script> script = std::make_shared<ScriptedCredentials::Script>();
};

TEST_F(ChangingCredentials, AreFetchedAnewWhenTheServiceRefusesThem) {
  for (const std::string code : {"ExpiredToken", "InvalidClientTokenId", "UnrecognizedClientException"}) {
    *script = {};
    auto other = clientWith({named("OLD"), named("NEW")});
    accept("OLD");
    ASSERT_EQ(other.perform(request())->status, 200);
    accept("NEW", code);
    EXPECT_EQ(other.perform(request())->status, 200) << code;
    EXPECT_EQ(script->fetches, 2);
  }
}

TEST_F(ChangingCredentials, OfEightRequestsInFlightAreFetchedOnce) {
  accept("NEW");
  auto other = clientWith({named("OLD", systemClock().now() + minutes(2)), named("NEW")});
  std::vector<JsonClient::Number> numbers;
  for (int i = 0; i < 8; ++i) numbers.push_back(other.start(request(Repeat::IfRefused, seconds(10))));
  for (const auto number : numbers) {
    std::optional<Result<JsonAnswer>> result;
    while (!(result = other.take(number))) other.wait(seconds(1));
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->status, 200);
  }
  EXPECT_EQ(script->fetches, 2);
}

TEST_F(ChangingCredentials, ThatStayTheSameLeaveTheErrorOfTheService) {
  accept("NEW");
  auto other = clientWith({named("OLD")});
  EXPECT_EQ(other.perform(request())->errorCode, "ExpiredToken");
  EXPECT_LE(server.requests().size(), 2u);
}

}  // namespace
}  // namespace leptir::aws
