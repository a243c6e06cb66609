#include "reporters/http_reporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/http_fixture.h"
#include "reporters/delivery_fixture.h"
#include "tests/support/temp_dir.h"

namespace leptir::reporters {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpReporterTest : public testing::Test {
 protected:
  HttpReporterTest() { http::forgetProxies(); }

  HttpReporter reporterWith(Json more = Json::object()) const {
    Json options{{"url", server.origin() + "/errors"}};
    options.update(more);
    return {HttpReporter::readOptions(options).value(), http::quickDelivery()};
  }
  Json document(std::size_t index) const { return parseJson(server.requests().at(index).body).value(); }

  HttpServer server;
  const Json data{{"id", "01a2"}, {"name", "image.resize"}, {"cause", "threw"}, {"parameters", {{"width", 320}}}};
};

TEST_F(HttpReporterTest, PostsOneJsonDocumentForAnException) {
  auto reporter = reporterWith();
  reporter.addErrorData(data);
  reporter.reportException({"app::NoSpace", "the disk is full"});
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].target, "/errors");
  EXPECT_EQ(server.requests()[0].headers.at("content-type"), "application/json");
  auto sent = document(0);
  EXPECT_EQ(sent["report_id"].get<std::string>().size(), 36u);
  sent.erase("report_id");
  auto expected = data;
  expected["reported_as"] = "exception";
  expected["message"] = "the disk is full";
  expected["exception"] = {{"type", "app::NoSpace"}, {"message", "the disk is full"}};
  EXPECT_EQ(sent, expected);
}

TEST_F(HttpReporterTest, PostsOneJsonDocumentForAMessage) {
  auto reporter = reporterWith();
  reporter.addErrorData(data);
  reporter.reportMessage("stopped at its time limit");
  EXPECT_EQ(document(0)["reported_as"], "message");
  EXPECT_EQ(document(0)["message"], "stopped at its time limit");
  EXPECT_FALSE(document(0).contains("exception"));
}

TEST_F(HttpReporterTest, ForgetsTheDataOfTheLastReport) {
  auto reporter = reporterWith();
  reporter.addErrorData({{"id", "1"}, {"stack", {"f in app"}}});
  reporter.reportException({"std::bad_alloc", "no memory"});
  reporter.addErrorData({{"id", "2"}});
  reporter.reportMessage("second");
  auto second = document(1);
  second.erase("report_id");
  EXPECT_EQ(second, (Json{{"id", "2"}, {"reported_as", "message"}, {"message", "second"}}));
}

TEST_F(HttpReporterTest, ForgetsTheDataOfAReportThatWasLost) {
  auto reporter = reporterWith();
  server.willReact({{.status = 400}});
  reporter.addErrorData({{"id", "1"}, {"name", "lost"}});
  EXPECT_THROW(reporter.reportMessage("first"), std::runtime_error);
  reporter.addErrorData({{"id", "2"}});
  reporter.reportMessage("second");
  EXPECT_FALSE(document(1).contains("name"));
  EXPECT_EQ(document(1)["lost_before"], 1);
  reporter.reportMessage("third");
  EXPECT_FALSE(document(2).contains("lost_before"));
}

TEST_F(HttpReporterTest, SendsItsHeaders) {
  auto reporter =
      reporterWith({{"headers", {{"Authorization", "Bearer geheim-123"}, {"Content-Type", "application/x-mine"}}}});
  reporter.reportMessage("x");
  EXPECT_EQ(server.requests()[0].headers.at("authorization"), "Bearer geheim-123");
  EXPECT_EQ(server.requests()[0].headers.at("content-type"), "application/x-mine");
}

TEST_F(HttpReporterTest, RepeatsTheSameReportUnderTheSameId) {
  auto reporter = reporterWith();
  server.willReact({{.status = 500}, {.how = HttpReaction::How::ResetFirst}});
  reporter.reportMessage("x");
  ASSERT_EQ(server.requests().size(), 3u);
  EXPECT_EQ(server.requests()[0].body, server.requests()[2].body);
  reporter.reportMessage("x");
  EXPECT_NE(document(3)["report_id"], document(0)["report_id"]);
}

TEST_F(HttpReporterTest, ThrowsTheServersSentenceWithoutItsOwnSecrets) {
  auto reporter = reporterWith({{"headers", {{"Authorization", "Bearer geheim-123"}}}});
  server.willReact({{.status = 403, .body = "token geheim-123 has expired"}});
  try {
    reporter.reportMessage("x");
    FAIL() << "the report was refused";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), AllOf(StartsWith(server.origin() + ": answered 403 (token [redacted] has expired)"),
                                    Not(HasSubstr("geheim"))));
  }
}

TEST(HttpReporterOptions, AreRefusedWithTheKeyAndWhatIsExpected) {
  const std::string url = "https://errors.example.org/in";
  EXPECT_EQ(messageOf<HttpReporter>({{"url", url}}), "they are good");
  EXPECT_EQ(messageOf<HttpReporter>({{"url", url}, {"timeout", "2.5"}, {"headers", {{"X-Key", "a"}}}}),
            "they are good");
  EXPECT_EQ(messageOf<HttpReporter>(Json::object()), "'url' is missing");
  EXPECT_EQ(messageOf<HttpReporter>(nullptr), "'url' is missing");
  EXPECT_EQ(messageOf<HttpReporter>("text"), "'options' must be a map");
  EXPECT_THAT(messageOf<HttpReporter>({{"url", 7}}), HasSubstr("'url' must be a text"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", ""}}), HasSubstr("'url' is empty"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", "gopher://x"}}), HasSubstr("'url' must be an address like https://"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"timeout", 0}}),
              HasSubstr("'timeout' must be a number of seconds from 0.1 to"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"timeout", "soon"}}),
              HasSubstr("'timeout' must be a number of seconds"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"headers", "X-Key: a"}}), HasSubstr("'headers' must be a map"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"headers", {{"X Key", "a"}}}}), HasSubstr("no name of a header"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"headers", {{"Content-Length", "7"}}}}),
              HasSubstr("leptir sets itself"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"headers", {{"X-Key", 7}}}}),
              HasSubstr("'X-Key' of 'headers' must be a text"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"headers", {{"X-Key", "a\r\nHost: b"}}}}),
              HasSubstr("a line end"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"ca_file", "ca.pem"}}),
              HasSubstr("'ca_file' must be a path that begins with /"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"ca_file", "/nowhere"}}), HasSubstr("'/nowhere' is none"));
  EXPECT_THAT(messageOf<HttpReporter>({{"url", url}, {"timout", 5}}),
              HasSubstr("unknown option 'timout': did you mean 'timeout'?"));
  EXPECT_THROW(HttpReporter(Json::object()), std::invalid_argument);
}

TEST(HttpReporterOptions, AreNeverQuotedInAnError) {
  for (const auto& options : {Json{{"url", "https://me:geheim@/"}}, Json{{"url", "https://a/geheim b"}},
                              Json{{"url", "https://a/"}, {"headers", {{"A", "geheim\n"}}}},
                              Json{{"url", "https://a/"}, {"timeout", "geheim"}}})
    EXPECT_THAT(messageOf<HttpReporter>(options), Not(HasSubstr("geheim")));
}

}  // namespace
}  // namespace leptir::reporters
