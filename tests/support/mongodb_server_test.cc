#include "tests/support/mongodb_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/support/certificates.h"
#include "tests/support/child.h"
#include "tests/support/error_of.h"
#include "tests/support/local_port.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

Json documents(MongodbDatabase& database) {
  return database.ask(R"({"find": "c", "sort": {"_id": 1}})")["cursor"]["firstBatch"];
}

TEST(MongodbServerOfATest, KeepsDocumentsAndSaysItsErrors) {
  MongodbDatabase database(sharedMongodbServer());
  EXPECT_EQ(database.ask(R"({"insert": "c", "documents": [{"_id": 1, "n": {"$numberLong": "5"}}]})")["n"], 1);
  EXPECT_EQ(documents(database), Json::parse(R"([{"_id": 1, "n": 5}])"));
  EXPECT_THAT(errorOf([&] { database.ask(R"({"noSuchCommand": 1})"); }), testing::HasSubstr("noSuchCommand"));
}

TEST(MongodbServerOfATest, HasAnEmptyDatabaseForEachTest) {
  auto& server = sharedMongodbServer();
  std::string name;
  {
    MongodbDatabase first(server);
    first.ask(R"({"insert": "c", "documents": [{"_id": 1}]})");
    MongodbDatabase second(server);
    EXPECT_NE(first.name(), second.name());
    EXPECT_EQ(documents(second), Json::array());
    name = first.name();
  }
  EXPECT_EQ(server.ask(name, R"({"listCollections": 1})")["cursor"]["firstBatch"], Json::array());
}

TEST(MongodbServerOfATest, SaysWhatItIs) {
  const auto& kind = sharedMongodbServer().kind();
  EXPECT_THAT(kind.name, testing::StartsWith(kind.isFerretdb ? "FerretDB v" : "MongoDB "));
  EXPECT_FALSE(kind.isFerretdb && kind.isReplicated);
}

TEST(MongodbServerOfATest, CanBeOneThatRunsAlready) {
  MongodbServer running;
  MongodbServer same(running.uri());
  EXPECT_EQ(same.kind().name, running.kind().name);
  EXPECT_EQ(same.port(), running.port());
  MongodbDatabase database(same);
  database.ask(R"({"insert": "c", "documents": [{"_id": 1}]})");
  EXPECT_EQ(running.ask(database.name(), R"({"count": "c"})")["n"], 1);
  EXPECT_THROW(same.stop(), std::logic_error);
}

TEST(MongodbServerOfATest, KeepsItsDataAndItsPortWhenItIsStoppedOrKilledAndStartsAgain) {
  MongodbServer server;
  MongodbDatabase database(server);
  const int port = server.port();
  database.ask(R"({"insert": "c", "documents": [{"_id": 1}], "writeConcern": {"w": "majority", "j": true}})");
  server.restart();
  database.ask(R"({"insert": "c", "documents": [{"_id": 2}], "writeConcern": {"w": "majority", "j": true}})");
  server.kill();
  EXPECT_THROW(documents(database), std::runtime_error);
  server.start();
  EXPECT_EQ(documents(database), Json::parse(R"([{"_id": 1}, {"_id": 2}])"));
  EXPECT_EQ(server.port(), port);
}

TEST(MongodbServerOfATest, TakesAnotherPortIfItsOwnIsTaken) {
  MongodbServer server;
  if (!server.kind().isFerretdb) return;  // the members of a replica set keep their ports
  const int port = server.port();
  server.stop();
  const LocalPort taken(port);
  ASSERT_TRUE(taken.take());
  server.start();
  EXPECT_NE(server.port(), port);
  EXPECT_EQ(server.ask("admin", R"({"ping": 1})")["ok"], 1);
}

TEST(MongodbServerOfATest, AnswersNothingWhileItIsFrozen) {
  MongodbServer server;
  server.freeze();
  const MongodbServer* const frozen = &server;
  EXPECT_THROW(MongodbServer(frozen->uri("connectTimeoutMS=200&socketTimeoutMS=200")), std::runtime_error);
  server.thaw();
  EXPECT_EQ(server.ask("admin", R"({"ping": 1})")["ok"], 1);
}

TEST(MongodbServerOfATest, WantsAUserAndItsPasswordWhenAskedTo) {
  MongodbServer server(MongodbServer::Options{.access = MongodbServer::Access::Users});
  MongodbDatabase database(server);
  database.ask(R"({"insert": "c", "documents": [{"_id": 1}]})");
  const auto address = "127.0.0.1:" + std::to_string(server.port());
  const auto find = [&](const std::string& user) {
    return errorOf(
        [&] { MongodbServer("mongodb://" + user + address + "/").ask(database.name(), R"({"find": "c"})"); });
  };
  EXPECT_EQ(find("leptir:leptir@"), "no error");
  EXPECT_NE(find("leptir:other@"), "no error");
  EXPECT_NE(find(""), "no error");
  server.ask("admin", R"({"createUser": "reader", "pwd": "p", "roles": [{"role": "readAnyDatabase", "db": "admin"}]})");
  EXPECT_EQ(find("reader:p@"), "no error");
}

TEST(MongodbServerOfATest, SpeaksTlsWhenAskedTo) {
  MongodbServer server(MongodbServer::Options{.transport = MongodbServer::Transport::Tls});
  EXPECT_EQ(server.ask("admin", R"({"ping": 1})")["ok"], 1);
  const auto address = "mongodb://127.0.0.1:" + std::to_string(server.port()) + "/";
  EXPECT_THROW(MongodbServer(address + "?serverSelectionTimeoutMS=500"), std::runtime_error);
  EXPECT_THROW(MongodbServer(address + "?tls=true&serverSelectionTimeoutMS=500"), std::runtime_error);
}

bool runsWith(const std::string& word) {
  for (const auto& each : std::filesystem::directory_iterator("/proc"))
    if (readWholeFile(each.path() / "cmdline").find(word) != std::string::npos) return true;
  return false;
}

TEST(MongodbServerOfATest, WantsTheCertificateOfAClientWhenAskedTo) {
  MongodbServer server(MongodbServer::Options{.transport = MongodbServer::Transport::MutualTls});
  EXPECT_EQ(server.ask("admin", R"({"ping": 1})")["ok"], 1);
  const auto address =
      "mongodb://127.0.0.1:" + std::to_string(server.port()) + "/?tls=true&serverSelectionTimeoutMS=500";
  EXPECT_THROW(MongodbServer(address + "&tlsCAFile=" + sharedAuthority().file("ca.pem")), std::runtime_error);
}

TEST(MongodbServerOfATest, DiesWithATestThatIsKilled) {
  int fromTest[2];
  ASSERT_EQ(::pipe(fromTest), 0);
  const TempDir folder;
  const auto test = startChild([&] {
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    MongodbServer server;
    const int port = server.port();
    if (::write(fromTest[1], &port, sizeof port) != sizeof port) return false;
    for (;;) ::pause();
  });
  int port = 0;
  ASSERT_EQ(::read(fromTest[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  EXPECT_TRUE(LocalPort(port).isListenedTo());
  EXPECT_TRUE(runsWith(folder.path()));
  killChild(test);
  EXPECT_TRUE(waitUntil([&] { return !LocalPort(port).isListenedTo() && !runsWith(folder.path()); }));
}

std::string nowOf(MongodbDatabase& database) {
  database.ask(R"({"update": "c", "updates": [{"q": {"_id": 1}, "u": [{"$set": {"t": "$$NOW"}}], "upsert": true}]})");
  return documents(database).at(0).at("t").at("$date");
}

TEST(MongodbServerOfATest, KeepsAManualClockStillUntilTheTestMovesIt) {
  MongodbDatabase database(sharedMongodbServer(MongodbServer::Time::Manual));
  EXPECT_EQ(nowOf(database), "2023-11-14T22:13:20Z");
  database.server().advance(90500ms);
  EXPECT_EQ(nowOf(database), "2023-11-14T22:14:50.500Z");
  sharedMongodbServer(MongodbServer::Time::Manual);
  EXPECT_EQ(nowOf(database), "2023-11-14T22:13:20Z");
}

TEST(MongodbServerOfATest, AdvancesAShiftedClock) {
  MongodbDatabase database(sharedMongodbServer(MongodbServer::Time::Shifted));
  const auto before = nowOf(database);
  database.server().advance(24h * 366);
  const auto after = nowOf(database);
  EXPECT_EQ(std::stoi(after.substr(0, 4)), std::stoi(before.substr(0, 4)) + 1);
}

}  // namespace
}  // namespace leptir
