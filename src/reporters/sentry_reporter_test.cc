#include "reporters/sentry_reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/http_fixture.h"
#include "reporters/delivery_fixture.h"

namespace leptir::reporters {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kKey = "0123456789abcdef0123456789abcdef";

class SentryReporterTest : public testing::Test {
 protected:
  SentryReporterTest() { http::forgetProxies(); }

  std::string dsn() const {
    return "http://" + std::string(kKey) + "@127.0.0.1:" + std::to_string(server.port()) + "/42";
  }
  SentryReporter reporter(const Clock& by) const {
    return {SentryReporter::readOptions({{"dsn", dsn()}}).value(), http::quickDelivery(), by};
  }
  // The event of a request: the third line of its envelope.
  Json event(std::size_t index) const {
    const auto body = server.requests().at(index).body;
    const auto second = body.find('\n', body.find('\n') + 1);
    return parseJson(body.substr(second + 1)).value();
  }
  static std::string errorOf(SentryReporter& reporter) {
    try {
      reporter.reportMessage("x");
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "sent";
  }

  HttpServer server;
  ManualClock clock;
};

TEST_F(SentryReporterTest, PostsAnEnvelopeWithTheKey) {
  auto sentry = reporter(clock);
  sentry.addErrorData({{"name", "image.resize"}, {"cause", "threw"}});
  sentry.reportException({"app::NoSpace", "the disk is full"});
  ASSERT_EQ(server.requests().size(), 1u);
  const auto request = server.requests()[0];
  EXPECT_EQ(request.target, "/api/42/envelope/");
  EXPECT_EQ(request.headers.at("content-type"), "application/x-sentry-envelope");
  EXPECT_THAT(request.headers.at("x-sentry-auth"), AllOf(HasSubstr("Sentry sentry_version=7, sentry_client=leptir/"),
                                                         HasSubstr(std::string("sentry_key=") + kKey)));
  EXPECT_EQ(request.headers.count("authorization"), 0u);
  EXPECT_THAT(request.body, Not(HasSubstr(kKey)));
  EXPECT_EQ(event(0)["exception"]["values"][0]["type"], "app::NoSpace");
  EXPECT_EQ(event(0)["tags"]["task"], "image.resize");
  EXPECT_EQ(event(0)["event_id"].get<std::string>().size(), 32u);
}

TEST_F(SentryReporterTest, RepeatsAnEventUnderTheSameIdWhenTheServerFails) {
  auto sentry = reporter(systemClock());
  server.willReact({{.status = 500}, {.how = HttpReaction::How::ResetInHead}});
  sentry.reportMessage("x");
  ASSERT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(server.requests()[0].body, server.requests()[2].body);
}

TEST_F(SentryReporterTest, LosesReportsAtOnceDuringARateLimitAndCountsThemInTheNextOne) {
  auto sentry = reporter(clock);
  server.willReact({{.status = 429, .headers = {"Retry-After: 60"}}});
  EXPECT_THAT(errorOf(sentry), HasSubstr("answered 429"));
  clock.advance(std::chrono::seconds(59));
  EXPECT_THAT(errorOf(sentry), HasSubstr("the server asked for a pause, which lasts 1.0 s more"));
  EXPECT_THAT(errorOf(sentry), HasSubstr("the server asked for a pause"));
  EXPECT_EQ(server.requests().size(), 1u) << "nothing is sent meanwhile";
  clock.advance(std::chrono::seconds(2));
  EXPECT_EQ(errorOf(sentry), "sent");
  EXPECT_EQ(event(1)["exception"]["values"][0]["value"], "x [3 reports before this one could not be sent]");
  EXPECT_EQ(errorOf(sentry), "sent");
  EXPECT_EQ(event(2)["exception"]["values"][0]["value"], "x");
}

TEST_F(SentryReporterTest, HonoursALimitThatComesWithASuccess) {
  auto sentry = reporter(clock);
  server.willReact({{.status = 200, .headers = {"X-Sentry-Rate-Limits: 30:error:organization"}}});
  EXPECT_EQ(errorOf(sentry), "sent");
  EXPECT_THAT(errorOf(sentry), HasSubstr("the server asked for a pause"));
  clock.advance(std::chrono::seconds(31));
  EXPECT_EQ(errorOf(sentry), "sent");
}

TEST_F(SentryReporterTest, IgnoresALimitForOtherCategories) {
  auto sentry = reporter(clock);
  server.willReact({{.status = 200, .headers = {"X-Sentry-Rate-Limits: 30:transaction:organization"}}});
  EXPECT_EQ(errorOf(sentry), "sent");
  EXPECT_EQ(errorOf(sentry), "sent");
}

TEST_F(SentryReporterTest, ThrowsTheReasonThatSentryGivesWithoutTheKey) {
  auto sentry = reporter(clock);
  server.willReact({{.status = 403, .headers = {std::string("X-Sentry-Error: unknown key ") + kKey}, .body = "{}"}});
  EXPECT_THAT(errorOf(sentry), AllOf(HasSubstr("answered 403 (unknown key [redacted])"), Not(HasSubstr(kKey))));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(SentryReporterOptions, AreRefusedWithTheKeyAndWhatIsExpected) {
  const std::string dsn = "https://key@sentry.example.org/42";
  EXPECT_EQ(messageOf<SentryReporter>({{"dsn", dsn}}), "they are good");
  EXPECT_EQ(messageOf<SentryReporter>({{"dsn", dsn}, {"environment", "x"}, {"release", "1"}, {"server_name", "y"}}),
            "they are good");
  EXPECT_EQ(messageOf<SentryReporter>(Json::object()), "'dsn' is missing");
  EXPECT_THAT(messageOf<SentryReporter>({{"dsn", "https://sentry.example.org/42"}}),
              HasSubstr("'dsn' must be a DSN like https://KEY@"));
  EXPECT_THAT(messageOf<SentryReporter>({{"dsn", dsn}, {"release", 1.1}}),
              HasSubstr("'release' must be a text: put it in quotes"));
  EXPECT_THAT(messageOf<SentryReporter>({{"dsn", dsn}, {"enviroment", "x"}}), HasSubstr("did you mean 'environment'?"));
  EXPECT_THAT(messageOf<SentryReporter>({{"dsn", dsn}, {"ca_file", "/"}}), HasSubstr("'ca_file' must be a file"));
  EXPECT_THROW(SentryReporter(Json::object()), std::invalid_argument);
}

}  // namespace
}  // namespace leptir::reporters
