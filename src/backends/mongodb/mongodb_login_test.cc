// Users, passwords and TLS, on a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "backends/mongodb/mongodb_client_fixture.h"
#include "tests/support/certificates.h"
#include "tests/support/mongodb_proxy.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tls_front.h"

namespace leptir::mongodb {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

MongodbError errorAtOpening(const Json& connection) {
  const auto info = clientOf(connection)->serverInfo();
  return info ? MongodbError{Remedy::Retry, -1, "opened"} : info.error();
}

class MongodbLoginTest : public testing::Test {
 protected:
  static MongodbServer& server() { return sharedMongodbServer({.access = MongodbServer::Access::Users}); }
  Json connection(const Json& own) {
    Json all = {{"host", server().host()}, {"port", server().port()}, {"database", "logins"}};
    all.update(own);
    return all;
  }
};

TEST_F(MongodbLoginTest, AUserLogsInByConnectionStringOrByKeys) {
  EXPECT_EQ(errorAtOpening({{"uri", server().uri()}, {"database", "logins"}}).message, "opened");
  EXPECT_EQ(errorAtOpening(connection({{"user", server().user()}, {"password", server().password()}})).message,
            "opened");
}

TEST_F(MongodbLoginTest, AWrongPasswordIsSaidAndNotShown) {
  const auto error = errorAtOpening(connection({{"user", server().user()}, {"password", "s3cret"}}));
  EXPECT_EQ(error.remedy, Remedy::Configure) << error.message;
  EXPECT_THAT(error.message, AllOf(HasSubstr("refuses the login"), Not(HasSubstr("s3cret"))));
}

TEST_F(MongodbLoginTest, AMissingLoginIsSaid) {
  const auto client = clientOf(connection(Json::object()));
  const auto found = client->find("c", Document(), Document());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().remedy, Remedy::Configure) << found.error().message;
}

class MongodbTlsTest : public testing::Test {
 protected:
  static MongodbServer& server() { return sharedMongodbServer({.transport = MongodbServer::Transport::Tls}); }
  Json connection(const Json& own) {
    Json all = {{"host", server().host()}, {"port", server().port()}};
    all.update(own);
    return all;
  }
};

TEST_F(MongodbTlsTest, ACertificateIsVerifiedByItsAuthority) {
  EXPECT_EQ(errorAtOpening({{"uri", server().uri()}}).message, "opened");
  EXPECT_EQ(errorAtOpening(connection({{"verify", false}})).message, "opened");
}

TEST_F(MongodbTlsTest, AnUnknownAuthorityIsSaid) {
  const auto error = errorAtOpening(connection({{"tls", true}}));
  EXPECT_EQ(error.remedy, Remedy::Configure) << error.message;
  EXPECT_THAT(error.message, HasSubstr("'ca_file'"));
}

TEST_F(MongodbTlsTest, AClientWithoutTlsIsToldToSetIt) {
  const auto error = errorAtOpening(connection(Json::object()));
  EXPECT_EQ(error.remedy, Remedy::Reconnect);
  EXPECT_THAT(error.message, HasSubstr("if the server speaks TLS, set 'tls'"));
}

TEST_F(MongodbTlsTest, AServerWithoutTlsIsSaidToBeOne) {
  const auto& plain = sharedMongodbServer();
  const auto error = errorAtOpening({{"host", plain.host()}, {"port", plain.port()}, {"verify", false}});
  EXPECT_EQ(error.remedy, Remedy::Reconnect);
  EXPECT_THAT(error.message, HasSubstr("whether the server speaks TLS"));
}

TEST_F(MongodbTlsTest, ACertificateWithoutItsKeyIsSaid) {
  TempDir folder;
  std::ofstream(folder.path() / "none.pem") << "no certificate\n";
  const auto error =
      errorAtOpening(connection({{"verify", false}, {"certificate_file", (folder.path() / "none.pem").string()}}));
  EXPECT_EQ(error.remedy, Remedy::Configure) << error.message;
  EXPECT_THAT(error.message, HasSubstr("'certificate_file' cannot be used"));
}

TEST_F(MongodbTlsTest, AFileThatCannotBeReadIsNamed) {
  for (const auto* key : {"ca_file", "certificate_file"}) {
    const auto address = mongodbAddress(mongodbConnectionOf(connection({{key, "/nowhere/file.pem"}})));
    const auto pool = MongodbPool::open(*address);
    ASSERT_FALSE(pool);
    EXPECT_EQ(pool.error().code(), ErrorCode::Invalid);
    EXPECT_THAT(pool.error().message(), AllOf(HasSubstr("'/nowhere/file.pem'"), HasSubstr("no such file")));
  }
}

TEST(MongodbMutualTlsTest, AClientShowsItsCertificate) {
  constexpr auto kTransport = MongodbServer::Transport::MutualTls;
  MongodbServer server(MongodbServer::Options{.transport = kTransport});
  EXPECT_EQ(errorAtOpening({{"uri", server.uri()}}).message, "opened");
  const auto without =
      errorAtOpening({{"host", server.host()}, {"port", server.port()}, {"ca_file", sharedAuthority().file("ca.pem")}});
  EXPECT_EQ(without.remedy, Remedy::Reconnect);
  EXPECT_THAT(without.message, HasSubstr("127.0.0.1"));
}

// X.509 as a login. A server that has none (FerretDB) is played by the proxy; the handshake and the driver are real.
class MongodbX509Test : public testing::Test {
 protected:
  MongodbX509Test() {
    const auto& authority = sharedAuthority();
    authority.sign("client", "DNS:localhost");
    folder.write("client.pem",
                 readWholeFile(authority.file("client.pem")) + readWholeFile(authority.file("client.key")));
  }
  MongodbError errorAtLogin() {
    return errorAtOpening({{"host", "127.0.0.1"},
                           {"port", front.port()},
                           {"ca_file", sharedAuthority().file("ca.pem")},
                           {"certificate_file", (folder.path() / "client.pem").string()},
                           {"options", {{"authMechanism", "MONGODB-X509"}}}});
  }

  TempDir folder;
  MongodbProxy proxy{sharedMongodbServer()};
  TlsFront front{sharedAuthority(), proxy.port()};
};

TEST_F(MongodbX509Test, TheSubjectOfTheCertificateLogsIn) {
  proxy.inject({"authenticate", "", 0, MongodbCommands::kAlways},
               MongodbFault::reply(MongodbFault::When::Before, R"({"ok": 1.0})"));
  EXPECT_EQ(errorAtLogin().message, "opened");
  ASSERT_FALSE(proxy.received("authenticate").empty());
  const auto login = proxy.received("authenticate")[0];
  EXPECT_EQ(login.at("mechanism"), "MONGODB-X509");
  EXPECT_EQ(login.at("$db"), "$external");
  EXPECT_THAT(front.subjects(), testing::Contains("CN=client"));
}

TEST_F(MongodbX509Test, ASubjectThatTheServerDoesNotKnowIsSaid) {
  proxy.inject({"authenticate", "", 0, MongodbCommands::kAlways},
               MongodbFault::error(MongodbFault::When::Before, 18, "AuthenticationFailed"));
  const auto error = errorAtLogin();
  EXPECT_EQ(error.remedy, Remedy::Configure) << error.message;
  EXPECT_THAT(error.message, HasSubstr("refuses the login"));
}

TEST(MongodbAbsentServerTest, IsSaidWithItsAddress) {
  std::chrono::milliseconds time{};
  MongodbError error;
  time = timeOf([&] { error = errorAtOpening({{"host", "127.0.0.1"}, {"port", 1}}); });
  EXPECT_LE(time.count(), 5500);
  EXPECT_EQ(error.remedy, Remedy::Reconnect);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("mongodb 127.0.0.1:1: "), HasSubstr("start the server, or correct 'host' and 'port'")));
}

}  // namespace
}  // namespace leptir::mongodb
