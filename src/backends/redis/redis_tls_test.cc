// TLS with real servers and with authorities made by the test: which certificates are accepted and which are not.
#include "backends/redis/redis_tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backends/redis/redis_connection.h"
#include "tests/support/certificates.h"
#include "tests/support/machine.h"
#include "tests/support/redis_address_support.h"
#include "tests/support/redis_server.h"

namespace leptir::redis {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class RedisTls : public testing::Test {
 protected:
  void SetUp() override {
    if (!isNameKnownHere("localhost")) GTEST_SKIP() << "this machine does not know the name localhost";
  }

  // A server with the certificate `name`; its TCP port speaks TLS.
  std::unique_ptr<RedisServer> serverWith(const std::string& name,
                                          RedisServer::Settings more = {"tls-auth-clients no"}) {
    // Finds a free port: that of a server that has ended.
    port = RedisServer({}, RedisServer::Reach::Tcp).port();
    RedisServer::Settings settings{"tls-port " + std::to_string(port),
                                   "tls-cert-file " + sharedAuthority().file(name + ".pem"),
                                   "tls-key-file " + sharedAuthority().file(name + ".key"),
                                   "tls-ca-cert-file " + sharedAuthority().file("ca.pem")};
    settings.insert(settings.end(), more.begin(), more.end());
    return std::make_unique<RedisServer>(settings);
  }

  RedisAddress address(const std::string& host = "localhost") const {
    RedisAddress address;
    address.scheme = RedisAddress::Scheme::Tls;
    address.host = host;
    address.port = port;
    address.caFile = sharedAuthority().file("ca.pem");
    return address;
  }

  static Error errorFor(const RedisAddress& address) {
    const auto connected = RedisConnection(address).connect();
    return connected ? Error(ErrorCode::Internal, "it went well") : connected.error();
  }

  int port = 0;
};

TEST_F(RedisTls, AcceptsACertificateByItsAuthorityAndItsNameOrAddress) {
  sharedAuthority().sign("good", "DNS:localhost,IP:127.0.0.1");
  const auto server = serverWith("good");
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    RedisConnection connection(address(host));
    const std::string large(3'000'000, 'x');
    ASSERT_TRUE(connection.run({"SET", "large", large}));
    for (int i = 0; i < 20; ++i) connection.append({"ECHO", large});
    connection.append({"GET", "large"});
    const auto replies = connection.exchange();
    ASSERT_TRUE(replies) << replies.error().message();
    EXPECT_EQ(replies->back().value().text(), large);
    EXPECT_EQ(connection.generation(), 1u) << "session tickets are not taken for replies";
  }
}

TEST_F(RedisTls, RefusesACertificateOfAnUnknownAuthority) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  const Authority others("others");
  auto theirs = address();
  theirs.caFile = others.file("ca.pem");
  auto systems = address();
  systems.caFile.clear();
  for (const auto& each : {theirs, systems}) {
    const auto error = errorFor(each);
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("does not verify"), HasSubstr("'ca_file'"), HasSubstr("localhost")));
  }
}

TEST_F(RedisTls, RefusesACertificateForAnotherName) {
  sharedAuthority().sign("other", "DNS:example.org,IP:10.0.0.1");
  const auto server = serverWith("other");
  for (const std::string host : {"localhost", "127.0.0.1"}) {
    const auto error = errorFor(address(host));
    EXPECT_EQ(error.code(), ErrorCode::Invalid);
    EXPECT_THAT(error.message(), AllOf(HasSubstr("another name"), HasSubstr("'host'")));
  }
}

// Unavailable and not Invalid: the certificate may be renewed, and the other brokers work meanwhile.
TEST_F(RedisTls, AnExpiredCertificateIsUnavailable) {
  sharedAuthority().signExpired("old", "DNS:localhost");
  const auto server = serverWith("old");
  const auto error = errorFor(address());
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_THAT(error.message(), HasSubstr("expired"));
}

TEST_F(RedisTls, AcceptsAnyCertificateIfVerificationIsOff) {
  sharedAuthority().sign("other", "DNS:example.org");
  const auto server = serverWith("other");
  auto trusting = address();
  trusting.verify = false;
  trusting.caFile.clear();
  EXPECT_EQ(errorFor(trusting).message(), "it went well");
}

TEST_F(RedisTls, SendsItsClientCertificateToAServerThatAsksForOne) {
  sharedAuthority().sign("good", "DNS:localhost");
  sharedAuthority().sign("client", "DNS:client");
  const auto server = serverWith("good", {"tls-auth-clients yes"});
  const auto without = errorFor(address());
  EXPECT_EQ(without.code(), ErrorCode::Invalid) << without.message();
  EXPECT_THAT(without.message(), HasSubstr("'certificate_file'"));
  auto with = address();
  with.certificateFile = sharedAuthority().file("client.pem");
  with.keyFile = sharedAuthority().file("client.key");
  EXPECT_EQ(errorFor(with).message(), "it went well");
}

TEST_F(RedisTls, AWrongServerCertificateIsReportedBeforeAMissingClientCertificate) {
  sharedAuthority().sign("other", "DNS:example.org");
  const auto server = serverWith("other", {"tls-auth-clients yes"});
  EXPECT_THAT(errorFor(address()).message(), HasSubstr("another name"));
}

TEST_F(RedisTls, NamesTheFileThatCannotBeUsed) {
  sharedAuthority().sign("good", "DNS:localhost");
  sharedAuthority().sign("client", "DNS:client");
  const auto server = serverWith("good");
  auto one = address();
  one.caFile = "/nowhere/ca.pem";
  EXPECT_THAT(errorFor(one).message(), AllOf(HasSubstr("'/nowhere/ca.pem'"), HasSubstr("'ca_file'")));
  auto two = address();
  two.certificateFile = sharedAuthority().file("names");
  two.keyFile = sharedAuthority().file("client.key");
  EXPECT_THAT(errorFor(two).message(), HasSubstr("'certificate_file'"));
  auto three = address();
  three.certificateFile = sharedAuthority().file("client.pem");
  three.keyFile = sharedAuthority().file("good.key");
  EXPECT_THAT(errorFor(three).message(), HasSubstr("'key_file'"));
  for (const auto& each : {one, two, three}) EXPECT_EQ(errorFor(each).code(), ErrorCode::Invalid);
}

TEST_F(RedisTls, ReportsAPortThatSpeaksNoTlsOrOnlyTls) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  auto plain = address();
  plain.scheme = RedisAddress::Scheme::Tcp;
  EXPECT_EQ(errorFor(plain).code(), ErrorCode::Unavailable);
  RedisServer speaksPlain({}, RedisServer::Reach::Tcp);
  port = speaksPlain.port();
  auto impatient = address();
  impatient.connectTimeout = std::chrono::milliseconds(300);
  const auto error = errorFor(impatient);
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  // Redis 7 waits for the end of a line, Redis 8 answers the handshake in plain text.
  EXPECT_THAT(error.message(), AnyOf(HasSubstr("does it speak TLS"), HasSubstr("does not speak TLS")));
}

TEST_F(RedisTls, ASilentServerFailsTheHandshakeAfterTheConnectTimeout) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  server->freeze();
  auto impatient = address("127.0.0.1");
  impatient.connectTimeout = std::chrono::milliseconds(300);
  const auto began = systemClock().bootTime();
  const auto error = errorFor(impatient);
  EXPECT_EQ(error.code(), ErrorCode::Unavailable);
  EXPECT_LE(systemClock().bootTime() - began, std::chrono::milliseconds(330));
  server->thaw();
}

TEST_F(RedisTls, ReconnectsAfterAServerRestart) {
  sharedAuthority().sign("good", "DNS:localhost");
  const auto server = serverWith("good");
  RedisConnection connection(address());
  ASSERT_TRUE(connection.connect());
  server->restart();
  EXPECT_TRUE(connection.run({"PING"}));
  EXPECT_EQ(connection.generation(), 2u);
}

}  // namespace
}  // namespace leptir::redis
