#include "tracing/collector.h"

#include <gmock/gmock.h>

#include <limits>

#include "leptir/json.h"
#if LEPTIR_HAS_CURL
#include "http/http_fixture.h"
#endif

namespace leptir::tracing {
namespace {

std::string complaintAbout(const Collector& collector) {
  const auto checked = checkCollector(collector);
  return checked ? "" : checked.error().message();
}

#if LEPTIR_HAS_CURL

using ::testing::HasSubstr;
using ::testing::Not;

class CollectorTest : public ::testing::Test {
 protected:
  Result<std::uint64_t> deliver(const std::string& request) {
    http::forgetProxies();
    return makeDeliverFunction(collector)(request, {});
  }

  HttpServer server;
  Collector collector{.endpoint = server.origin(), .headers = {{"api-key", "geheim-123"}}};
};

TEST_F(CollectorTest, GetsJsonAtThePathForTracesWithTheHeaders) {
  EXPECT_EQ(deliver("{}").value(), 0u);
  ASSERT_EQ(server.requests().size(), 1u);
  const auto request = server.requests()[0];
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.method + " " + request.target, "POST /v1/traces");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_EQ(request.headers.at("api-key"), "geheim-123");
}

TEST_F(CollectorTest, IsReachedBelowThePathOfItsEndpoint) {
  for (const auto* path : {"/otlp", "/otlp/"}) {
    collector.endpoint = server.origin() + path;
    EXPECT_TRUE(deliver("{}"));
    EXPECT_EQ(server.requests().back().target, "/otlp/v1/traces");
  }
}

TEST_F(CollectorTest, SaysHowManySpansItRefused) {
  server.willReact({{.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"old"}})"},
                    {.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":4}})"},
                    {.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"-5"}})"},
                    {.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"12345678901"}})"},
                    {.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"99999999999999999999"}})"},
                    {.status = 200, .body = R"({"partialSuccess":{"rejectedSpans":"7 or so"}})"},
                    {.status = 200, .body = R"({"partialSuccess":[]})"},
                    {.status = 202, .body = "\x01 no JSON"}});
  const auto tooMany = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t refused : {3ul, 4ul, 0ul, 12'345'678'901ul, tooMany, 0ul, 0ul, 0ul})
    EXPECT_EQ(deliver("{}").value(), refused);
}

TEST_F(CollectorTest, IsAskedAgainAfterItAskedForAPause) {
  server.willReact({{.status = 429, .headers = {"Retry-After: 1"}}, {.status = 503, .headers = {"Retry-After: 1"}}});
  EXPECT_TRUE(deliver("{}"));
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(CollectorTest, ThatRefusesARequestIsNotAskedAgainAndItsWordsAreQuotedWithoutSecrets) {
  server.willReact({{.status = 401, .body = "bad key geheim-123"}});
  const auto answer = deliver("{}");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("answered 401 (bad key [redacted]): check the key or the headers of "
                                                  "'tracing'"));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(CheckCollector, NamesWhatIsWrongAndShowsNoValue) {
  EXPECT_EQ(complaintAbout({.endpoint = "https://user:secret@otel.example.org/x"}), "");
  EXPECT_THAT(complaintAbout({.endpoint = "ftp://geheim.example.org"}),
              ::testing::AllOf(HasSubstr("'endpoint' of 'tracing': "), Not(HasSubstr("geheim"))));
  EXPECT_EQ(complaintAbout({.endpoint = "http://c", .headers = {{"a b", "geheim"}}}),
            "'headers' of 'tracing' has 'a b', which is no name of a header");
  EXPECT_EQ(originOf({.endpoint = "https://user:secret@otel.example.org/x"}), "https://otel.example.org");
}

#else

TEST(CheckCollector, SaysThatThisBuildHasNoLibcurl) {
  EXPECT_EQ(complaintAbout({.endpoint = "http://c"}),
            "this build has no libcurl, which 'tracing' needs: build leptir with -DLEPTIR_CURL=ON");
  EXPECT_EQ(complaintAbout({}), "");
}

#endif

}  // namespace
}  // namespace leptir::tracing
