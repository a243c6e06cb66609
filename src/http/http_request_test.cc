// Requests to a local server that misbehaves.
#include "http/http_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/http_fixture.h"
#include "leptir/stop_source.h"
#include "tests/support/wait_until.h"

namespace leptir::http {
namespace {

using How = HttpReaction::How;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

Error errorOf(const Result<HttpAnswer>& answer) {
  return answer ? Error(ErrorCode::Internal, "answered " + std::to_string(answer->status)) : answer.error();
}

class HttpRequestTest : public testing::Test {
 protected:
  Result<HttpAnswer> postWhile(HttpReaction reaction, Duration timeout = std::chrono::seconds(10)) {
    server.willReact({std::move(reaction)});
    auto request = requestTo(server.origin() + "/secret-path?secret=query");
    request.connection.timeout = timeout;
    return send(request);
  }

  HttpServer server;
};

TEST_F(HttpRequestTest, PostsBodyAndHeadersAndReturnsTheAnswer) {
  server.willReact({{.status = 201, .headers = {"X-Word: yes"}, .body = "made"}});
  auto request = requestTo(server.origin() + "/in?x=1");
  request.headers = {{"X-Key", "abc"}, {"Content-Type", "text/plain"}};
  const auto answer = send(request);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->headers.at("x-word"), "yes");
  EXPECT_EQ(answer->body, "made");
  ASSERT_EQ(server.requests().size(), 1u);
  const auto received = server.requests()[0];
  EXPECT_EQ(received.method, "POST");
  EXPECT_EQ(received.target, "/in?x=1");
  EXPECT_EQ(received.body, "the body");
  EXPECT_EQ(received.headers.at("x-key"), "abc");
  EXPECT_EQ(received.headers.at("content-type"), "text/plain");
  EXPECT_THAT(received.headers.at("user-agent"), HasSubstr("leptir/"));
}

TEST_F(HttpRequestTest, SendsALargeBodyWithoutWaitingForPermission) {
  auto request = requestTo(server.origin());
  request.body.assign(3'000'000, 'x');
  ASSERT_TRUE(send(request));
  EXPECT_EQ(server.requests()[0].body.size(), request.body.size());
  EXPECT_EQ(server.requests()[0].headers.count("expect"), 0u);
}

TEST_F(HttpRequestTest, SendsUserAndPasswordOfTheUrlAsBasicAuthorization) {
  ASSERT_TRUE(send(requestTo("http://me:geheim@127.0.0.1:" + std::to_string(server.port()) + "/")));
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "Basic bWU6Z2VoZWlt");
}

TEST_F(HttpRequestTest, AnAnswerCountsWhateverBecomesOfItsBody) {
  const auto endless = postWhile({.status = 500, .how = How::EndlessBody});
  ASSERT_TRUE(endless) << endless.error().message();
  EXPECT_EQ(endless->status, 500);
  EXPECT_EQ(endless->body, std::string(1024, 'x'));
  const auto tooSlow =
      postWhile({.status = 404, .body = std::string(500, 'y'), .how = How::Trickle}, milliseconds(4000));
  ASSERT_TRUE(tooSlow) << tooSlow.error().message();
  EXPECT_EQ(tooSlow->status, 404);
}

TEST_F(HttpRequestTest, AnAnnouncementBeforeTheAnswerIsNotTheAnswer) {
  const auto answer = postWhile(
      {.body = "HTTP/1.1 103 Early\r\nX-Early: 1\r\n\r\nHTTP/1.1 204 Done\r\nX-Late: 1\r\n\r\n", .how = How::NotHttp});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(answer->headers.count("x-early"), 0u);
  EXPECT_EQ(answer->headers.count("x-late"), 1u);
}

TEST_F(HttpRequestTest, ASlowServerIsUnavailableAfterTheTimeout) {
  for (auto& reaction : {HttpReaction{.how = How::Silence}, HttpReaction{.how = How::Trickle},
                         HttpReaction{.delay = std::chrono::seconds(60)}}) {
    const auto error = errorOf(postWhile(reaction, milliseconds(300)));
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("no answer within 300 ms"));
  }
}

TEST_F(HttpRequestTest, AConnectionThatEndsBeforeTheAnswerIsUnavailable) {
  for (const auto how : {How::Close, How::ResetFirst, How::ResetInHead}) {
    const auto error = errorOf(postWhile({.how = how}));
    EXPECT_EQ(error.code(), ErrorCode::Unavailable) << error.message();
    EXPECT_THAT(error.message(), HasSubstr("closed or reset before an answer came"));
  }
}

TEST_F(HttpRequestTest, AResetWhileTheBodyIsSentIsUnavailableAndRaisesNoSignal) {
  server.willReact({{.how = How::ResetInRequest}});
  auto request = requestTo(server.origin());
  request.body.assign(50'000'000, 'x');
  const auto error = errorOf(send(request));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("closed or reset before an answer came"));
}

TEST_F(HttpRequestTest, HeadersWithoutEndAreUnavailable) {
  EXPECT_EQ(errorOf(postWhile({.how = How::EndlessHead}, milliseconds(500))).code(), ErrorCode::Unavailable);
}

TEST_F(HttpRequestTest, BytesThatAreNotHttpAreInvalid) {
  for (const std::string bytes : {"SSH-2.0-OpenSSH_9.2\r\n", "\x15\x03\x01 no", "HTTP/9.9 what\r\n\r\n"}) {
    const auto error = errorOf(postWhile({.body = bytes, .how = How::NotHttp}));
    EXPECT_EQ(error.code(), ErrorCode::Invalid) << bytes << ": " << error.message();
    EXPECT_THAT(error.message(), HasSubstr("not HTTP"));
  }
}

TEST_F(HttpRequestTest, APortWithoutServerIsUnavailable) {
  const int port = HttpServer().port();
  const auto error = errorOf(send(requestTo("http://127.0.0.1:" + std::to_string(port))));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("cannot connect: connection refused"));
}

TEST_F(HttpRequestTest, AnUnknownHostIsUnavailable) {
  auto request = requestTo("http://nowhere.invalid/");
  request.connection.connectTimeout = std::chrono::seconds(2);
  const auto error = errorOf(send(request));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), AnyOf(HasSubstr("cannot be resolved"), HasSubstr("no connection within")));
}

TEST_F(HttpRequestTest, GetsAndPuts) {
  auto request = requestTo(server.origin() + "/x");
  request.method = Method::Get;
  request.headers = {{"X-Key", "abc"}};
  ASSERT_TRUE(send(request));
  request.method = Method::Put;
  ASSERT_TRUE(send(request));
  const auto requests = server.requests();
  EXPECT_EQ(requests.at(0).method + requests.at(0).body, "GET");
  EXPECT_EQ(requests.at(0).headers.at("x-key"), "abc");
  EXPECT_EQ(requests.at(1).method + " " + requests.at(1).body, "PUT the body");
}

TEST_F(HttpRequestTest, KeepsAsMuchOfTheBodyAsItWasAskedFor) {
  server.willReact({{.body = std::string(5000, 'x')}});
  auto request = requestTo(server.origin());
  request.maxKeptBodyBytes = 4000;
  EXPECT_EQ(send(request)->body.size(), 4000u);
}

TEST_F(HttpRequestTest, ErrorsShowTheOriginOfTheUrlAndNoMore) {
  for (const auto how : {How::Silence, How::ResetFirst}) {
    const auto error = errorOf(postWhile({.how = how}, milliseconds(200)));
    EXPECT_THAT(error.message(), AllOf(HasSubstr(server.origin() + ": "), Not(HasSubstr("secret"))));
  }
}

TEST_F(HttpRequestTest, FollowsNoRedirect) {
  HttpServer other;
  for (const auto& place : {other.origin() + "/", server.origin() + "/other"}) {
    const auto answer = postWhile({.status = 307, .headers = {"Location: " + place}});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 307);
  }
  EXPECT_EQ(other.requests().size(), 0u);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(HttpRequestTest, UnderstandsRetryAfterAsSecondsAndAsDate) {
  EXPECT_EQ(postWhile({.status = 429, .headers = {"Retry-After: 17"}})->retryAfter, std::chrono::seconds(17));
  const auto date = postWhile({.status = 503, .headers = {"Retry-After: Fri, 31 Dec 2100 23:59:59 GMT"}})->retryAfter;
  ASSERT_TRUE(date);
  EXPECT_EQ(*date, std::chrono::hours(24)) << "a server cannot silence a reporter for years";
  EXPECT_FALSE(postWhile({.status = 503, .headers = {"Retry-After: soon"}})->retryAfter);
  EXPECT_FALSE(postWhile({.status = 503})->retryAfter);
}

TEST_F(HttpRequestTest, EndsAtOnceWhenTheStopTokenFires) {
  server.willReact({{.how = How::Silence}});
  StopSource source;
  std::jthread stopper([&] {
    EXPECT_TRUE(waitUntil([&] { return server.requests().size() == 1; }));
    source.requestStop();
  });
  const auto error = errorOf(send(requestTo(server.origin()), source.token()));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("stopped"));
}

TEST_F(HttpRequestTest, UsesTheProxyOfTheEnvironment) {
  auto request = requestTo("http://errors.example.org/in");
  ::setenv("http_proxy", server.origin().c_str(), 1);
  const auto answer = send(request);
  ::unsetenv("http_proxy");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(server.requests()[0].target, "http://errors.example.org/in");
}

TEST_F(HttpRequestTest, UsesNoProxyWhereThatIsNotWanted) {
  auto request = requestTo(server.origin());
  request.connection.proxies = Proxies::None;
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  const auto answer = send(request);
  ::unsetenv("http_proxy");
  EXPECT_TRUE(answer) << answer.error().message();
}

TEST_F(HttpRequestTest, AProxyThatRefusesIsNamedAsTheReason) {
  auto request = requestTo("https://errors.example.org/in");
  server.willReact({{.status = 403}});
  ::setenv("https_proxy", server.origin().c_str(), 1);
  const auto error = errorOf(send(request));
  ::unsetenv("https_proxy");
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("the proxy refuses the connection with status 403"));
}

}  // namespace
}  // namespace leptir::http
