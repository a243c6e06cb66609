#include "http/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/delivery_fixture.h"
#include "http/http_fixture.h"
#include "leptir/stop_source.h"
#include "tests/support/wait_until.h"

namespace leptir::http {
namespace {

using How = HttpReaction::How;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Error deliveryError(const Result<HttpAnswer>& result) {
  return result ? Error(ErrorCode::Internal, "sent") : result.error();
}

class DeliveryTest : public testing::Test {
 protected:
  HttpRequest request() const {
    auto made = requestTo(server.origin() + "/secret-path");
    made.connection.timeout = std::chrono::milliseconds(500);
    return made;
  }
  std::size_t requests() const { return server.requests().size(); }

  HttpServer server;
  Delivery delivery{quickDelivery()};
};

TEST_F(DeliveryTest, TriesAgainAfterServerErrorsResetsAndTimeouts) {
  server.willReact({{.status = 500}, {.how = How::ResetFirst}, {.how = How::Silence}, {.status = 503}});
  EXPECT_TRUE(delivery.deliver(request()));
  ASSERT_EQ(requests(), 5u);
  for (const auto& each : server.requests()) EXPECT_EQ(each.body, "the body");
  EXPECT_EQ(delivery.lostSinceLastSuccess(), 0u);
}

TEST_F(DeliveryTest, GivesUpAfterItsTriesWithTheServersWords) {
  server.willReact(std::deque<HttpReaction>(5, {.status = 502, .body = "<html>\r\n  the back end\n is away</html>\n"}));
  const auto error = deliveryError(delivery.deliver(request()));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), StartsWith(server.origin() + ": answered 502 (<html> the back end is away</html>)"));
  EXPECT_THAT(error.message(), AllOf(EndsWith("given up after 5 tries"), Not(HasSubstr("secret-path"))));
  EXPECT_EQ(requests(), 5u);
  EXPECT_EQ(delivery.lostSinceLastSuccess(), 1u);
}

TEST_F(DeliveryTest, TriesOnlyOnceWhileTheServerIsDown) {
  server.willReact(std::deque<HttpReaction>(7, {.status = 500}));
  for (const std::size_t requestsThen : {5u, 6u, 7u}) {
    EXPECT_FALSE(delivery.deliver(request()));
    EXPECT_EQ(requests(), requestsThen);
  }
  EXPECT_TRUE(delivery.deliver(request()));
  server.willReact(std::deque<HttpReaction>(4, {.status = 500}));
  EXPECT_TRUE(delivery.deliver(request())) << "it is up again: all tries are made";
}

TEST_F(DeliveryTest, TriesOnlyOnceWhatTheServerRefuses) {
  struct Refusal {
    int status;
    std::string advice;
  };
  const std::vector<Refusal> refusals{{400, "what is this"},
                                      {401, "check the key or the headers"},
                                      {403, "check the key or the headers"},
                                      {404, "check the address"},
                                      {413, "too large"}};
  for (const auto& [status, advice] : refusals) {
    server.willReact({{.status = status, .body = "what is this?"}});
    const auto before = requests();
    const auto error = deliveryError(delivery.deliver(request()));
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.message(),
                AllOf(HasSubstr("answered " + std::to_string(status) + " (what is this?)"), HasSubstr(advice)));
    EXPECT_EQ(requests(), before + 1);
  }
}

TEST_F(DeliveryTest, SaysWhereAServerHasMovedWithoutThePathThere) {
  server.willReact({{.status = 301, .headers = {"Location: https://new.example.org/secret-path"}}});
  const auto error = deliveryError(delivery.deliver(request()));
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("moved to https://new.example.org)"), Not(HasSubstr("secret-path"))));
}

TEST_F(DeliveryTest, WaitsAsLongAsRetryAfterSays) {
  server.willReact({{.status = 429, .headers = {"Retry-After: 1"}}, {.status = 503, .headers = {"Retry-After: 1"}}});
  const auto began = systemClock().bootTime();
  EXPECT_TRUE(delivery.deliver(request()));
  EXPECT_GE(systemClock().bootTime() - began, std::chrono::seconds(2));
  EXPECT_EQ(requests(), 3u);
}

TEST_F(DeliveryTest, GivesUpAtOnceDuringAPauseThatIsTooLongToWaitFor) {
  ManualClock clock;
  Delivery patient(quickDelivery(), clock);
  server.willReact({{.status = 429, .headers = {"Retry-After: 240"}}});
  EXPECT_THAT(deliveryError(patient.deliver(request())).message(), HasSubstr("answered 429"));
  clock.advance(std::chrono::minutes(1));
  const auto error = deliveryError(patient.deliver(request()));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("the server asked for a pause, which lasts 3 min"));
  EXPECT_EQ(requests(), 1u);
  EXPECT_EQ(patient.lostSinceLastSuccess(), 2u);
  clock.advance(std::chrono::minutes(4));
  EXPECT_TRUE(patient.deliver(request()));
  EXPECT_EQ(patient.lostSinceLastSuccess(), 0u);
}

TEST_F(DeliveryTest, AsksAgainAfterFiveMinutesWhateverPauseTheServerAskedFor) {
  ManualClock clock;
  Delivery patient(quickDelivery(), clock);
  server.willReact({{.status = 429, .headers = {"Retry-After: 999999999999"}}});
  EXPECT_FALSE(patient.deliver(request()));
  clock.advance(std::chrono::minutes(4));
  EXPECT_FALSE(patient.deliver(request()));
  EXPECT_EQ(requests(), 1u);
  clock.advance(std::chrono::minutes(1) + std::chrono::seconds(1));
  EXPECT_TRUE(patient.deliver(request()));
}

TEST_F(DeliveryTest, TriesWithinItsTotalTimeOnly) {
  auto options = quickDelivery();
  options.total = std::chrono::milliseconds(400);
  Delivery hasty(options);
  server.willReact(std::deque<HttpReaction>(5, {.how = How::Silence}));
  const auto began = systemClock().bootTime();
  auto slow = request();
  slow.connection.timeout = std::chrono::seconds(20);
  EXPECT_THAT(deliveryError(hasty.deliver(slow)).message(), HasSubstr("no answer within"));
  EXPECT_LT(systemClock().bootTime() - began, std::chrono::seconds(10));
}

TEST_F(DeliveryTest, StopsWaitingWhenTheTokenFires) {
  server.willReact({{.status = 429, .headers = {"Retry-After: 20"}}});
  StopSource source;
  std::jthread stopper([&] {
    EXPECT_TRUE(waitUntil([&] { return requests() == 1; }));
    source.requestStop();
  });
  const auto began = systemClock().bootTime();
  EXPECT_FALSE(delivery.deliver(request(), source.token()));
  EXPECT_LT(systemClock().bootTime() - began, std::chrono::seconds(15));
}

TEST_F(DeliveryTest, SendsNothingOnceTheTokenHasFired) {
  StopSource source;
  source.requestStop();
  EXPECT_FALSE(delivery.deliver(request(), source.token()));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(DeliveryTest, QuotesNoSecretThatTheServerRepeatsAndNoControlCharacters) {
  auto options = quickDelivery();
  options.secrets = {"geheim-123", ""};
  Delivery careful(options);
  server.willReact({{.status = 400, .body = "bad key geheim-123, \x1b[31mgeheim-123" + std::string(2000, 'z')}});
  const auto message = deliveryError(careful.deliver(request())).message();
  EXPECT_THAT(message, AllOf(HasSubstr("bad key [redacted], \\x1b[31m[redacted]"), Not(HasSubstr("geheim"))));
  EXPECT_LT(message.size(), 500u);
}

TEST_F(DeliveryTest, ASecretThatIsPartOfItsReplacementEndsTheSearch) {
  auto options = quickDelivery();
  options.secrets = {"redacted"};
  Delivery careful(options);
  server.willReact({{.status = 400, .body = "bad key redacted"}});
  EXPECT_THAT(deliveryError(careful.deliver(request())).message(), HasSubstr("bad key [redacted]"));
}

}  // namespace
}  // namespace leptir::http
