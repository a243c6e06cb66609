#include "tests/support/server_loan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/support/local_port.h"
#include "tests/support/mongodb_server.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// A run of its own, whose folder the test names in place of the one of the run that it is part of.
class ServerLoanTest : public testing::Test {
 protected:
  ServerLoanTest() {
    const char* const outer = std::getenv(kVariable);
    outer_ = outer == nullptr ? "" : outer;
    ::setenv(kVariable, folder_.path().c_str(), 1);
  }
  ~ServerLoanTest() override {
    run_ = {};
    for (const int port : ports_) EXPECT_TRUE(waitUntil([&] { return !LocalPort(port).isListenedTo(); }));
    outer_.empty() ? ::unsetenv(kVariable) : ::setenv(kVariable, outer_.c_str(), 1);
  }

  std::unique_ptr<ServerLoan> borrow(const MongodbServer::Options& options = {}) {
    auto loan = borrowMongodbServer(options);
    if (loan == nullptr) throw std::runtime_error("no server is lent");
    ports_.push_back(MongodbServer(uriOf(*loan)).port());
    return loan;
  }
  static std::string uriOf(const ServerLoan& loan) { return loan.offer.at("uri"); }
  pid_t firstKeeper() const { return serverOffer(ServerLoanFiles(folder_.path(), "mongodb-000-1")).at("keeper"); }

  static constexpr const char* kVariable = "LEPTIR_TEST_SERVERS";
  const TempDir folder_;
  base::UniqueFd run_ = tryToLock(folder_ / "run");
  std::string outer_;
  std::vector<int> ports_;
};

TEST_F(ServerLoanTest, AServerIsLentToOneProcessAtATimeAndThenToTheNext) {
  std::string returned;
  {
    const auto first = borrow(), second = borrow();
    EXPECT_NE(uriOf(*first), uriOf(*second));
    returned = uriOf(*first);
  }
  EXPECT_EQ(uriOf(*borrow()), returned);
}

TEST_F(ServerLoanTest, TheClockOfALentServerIsMovedByTheTest) {
  MongodbServer server(borrow({.time = MongodbServer::Time::Manual}));
  MongodbDatabase database(server);
  const auto now = [&] {
    database.ask(R"({"update": "c", "updates": [{"q": {}, "u": [{"$set": {"t": "$$NOW"}}], "upsert": true}]})");
    return database.ask(R"({"find": "c"})").at("cursor").at("firstBatch").at(0).at("t").at("$date");
  };
  server.resetClock();
  EXPECT_EQ(now(), "2023-11-14T22:13:20Z");
  server.advance(10s);
  EXPECT_EQ(now(), "2023-11-14T22:13:30Z");
}

TEST_F(ServerLoanTest, ALentServerCannotBeStopped) {
  MongodbServer server(borrow());
  EXPECT_THROW(server.stop(), std::logic_error);
  EXPECT_THROW(server.freeze(), std::logic_error);
}

TEST_F(ServerLoanTest, AServerThatDoesNotAnswerIsReplaced) {
  const auto port = MongodbServer(borrow()).port();
  ::kill(firstKeeper(), SIGKILL);
  ASSERT_TRUE(waitUntil([&] { return !LocalPort(port).isListenedTo(); })) << "the server dies with its keeper";
  EXPECT_EQ(MongodbServer(borrow()).ask("admin", R"({"ping": 1})")["ok"], 1);
}

TEST_F(ServerLoanTest, ServersEndWithTheRun) {
  const auto port = MongodbServer(borrow()).port();
  ASSERT_TRUE(LocalPort(port).isListenedTo());
  run_ = {};
  EXPECT_TRUE(waitUntil([&] { return !LocalPort(port).isListenedTo(); }));
  EXPECT_EQ(borrowMongodbServer({}), nullptr) << "the variable names a run that is over";
}

TEST_F(ServerLoanTest, TheReasonWhyNoServerStartsIsSaid) {
  const char* const told = std::getenv("LEPTIR_TEST_MONGODB_SERVER");
  const std::string before = told == nullptr ? "" : told;
  ::setenv("LEPTIR_TEST_MONGODB_SERVER", folder_.path().c_str(), 1);
  try {
    borrowMongodbServer({.time = MongodbServer::Time::Manual});
    ADD_FAILURE() << "a server without its programs";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("run tools/setup-mongodb"));
  }
  before.empty() ? ::unsetenv("LEPTIR_TEST_MONGODB_SERVER") : ::setenv("LEPTIR_TEST_MONGODB_SERVER", before.c_str(), 1);
}

}  // namespace
}  // namespace leptir
