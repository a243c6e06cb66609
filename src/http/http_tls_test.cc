// Which certificates of an https server are accepted, with authorities made by the test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/http_fixture.h"
#include "http/http_request.h"
#include "tests/support/certificates.h"
#include "tests/support/machine.h"

namespace leptir::http {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class HttpTls : public testing::Test {
 protected:
  void SetUp() override {
    if (!isNameKnownHere("localhost")) GTEST_SKIP() << "this machine does not know the name localhost";
  }

  static std::unique_ptr<HttpServer> serverWith(const std::string& name) {
    return std::make_unique<HttpServer>(sharedAuthority().file(name + ".pem"), sharedAuthority().file(name + ".key"));
  }
  static HttpRequest trustingOurs(const HttpServer& server, const std::string& host = "localhost") {
    auto request = requestTo(server.origin(host));
    request.connection.caFile = sharedAuthority().file("ca.pem");
    return request;
  }
  static Error errorFor(const HttpRequest& request) {
    const auto answer = send(request);
    return answer ? Error(ErrorCode::Internal, "it went well") : answer.error();
  }
};

TEST_F(HttpTls, AcceptsACertificateByTheAuthorityOfItsFile) {
  sharedAuthority().sign("good", "DNS:localhost,IP:127.0.0.1");
  const auto server = serverWith("good");
  for (const std::string host : {"localhost", "127.0.0.1"})
    EXPECT_EQ(errorFor(trustingOurs(*server, host)).message(), "it went well");
  EXPECT_EQ(server->requests().size(), 2u);
}

TEST_F(HttpTls, RefusesACertificateForAnotherName) {
  sharedAuthority().sign("other", "DNS:example.org,IP:10.0.0.1");
  const auto server = serverWith("other");
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const auto error = errorFor(trustingOurs(*server, host));
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.message(), HasSubstr("its certificate is for another name"));
  }
  EXPECT_EQ(server->requests().size(), 0u) << "nothing is sent to a server that cannot prove its name";
}

TEST_F(HttpTls, RefusesACertificateOfAnUnknownAuthority) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  const Authority others("others");
  auto theirs = trustingOurs(*server);
  theirs.connection.caFile = others.file("ca.pem");
  auto systems = trustingOurs(*server);
  systems.connection.caFile.clear();
  for (const auto& each : {theirs, systems}) {
    const auto error = errorFor(each);
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("does not verify"), HasSubstr("'ca_file'")));
  }
}

// Unavailable and not Invalid: the certificate may be renewed.
TEST_F(HttpTls, AnExpiredCertificateIsUnavailable) {
  sharedAuthority().signExpired("old", "DNS:localhost");
  const auto server = serverWith("old");
  const auto error = errorFor(trustingOurs(*server));
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("expired"));
}

TEST_F(HttpTls, NamesAFileOfAuthoritiesThatCannotBeUsed) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  auto request = trustingOurs(*server);
  request.connection.caFile = "/nowhere/ca.pem";
  const auto error = errorFor(request);
  EXPECT_EQ(error.code(), ErrorCode::Invalid);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("'/nowhere/ca.pem'"), HasSubstr("'ca_file'")));
}

TEST_F(HttpTls, APortThatSpeaksNoTlsIsUnavailable) {
  HttpServer plain;
  auto request = requestTo("https://127.0.0.1:" + std::to_string(plain.port()));
  request.connection.connectTimeout = std::chrono::milliseconds(300);
  const auto error = errorFor(request);
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), AnyOf(HasSubstr("does this port speak TLS"), HasSubstr("no connection within 300 ms")));
}

TEST_F(HttpTls, AResetIsUnavailable) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  server->willReact({{.how = HttpReaction::How::ResetFirst}, {.how = HttpReaction::How::ResetInHead}});
  for (int i = 0; i < 2; ++i) {
    const auto error = errorFor(trustingOurs(*server));
    EXPECT_EQ(error.code(), ErrorCode::Unavailable);
    EXPECT_THAT(error.message(), HasSubstr("closed or reset before an answer came"));
  }
}

TEST_F(HttpTls, AResetWhileTheBodyIsSentRaisesNoSignal) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  server->willReact({{.how = HttpReaction::How::ResetInRequest}});
  auto request = trustingOurs(*server);
  request.body.assign(50'000'000, 'x');
  EXPECT_EQ(errorFor(request).code(), ErrorCode::Unavailable);
}

}  // namespace
}  // namespace leptir::http
