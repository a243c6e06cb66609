// The emulators of Amazon SQS that a run lends. server_loan_test.cc has what is the same for all servers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/support/server_loan.h"
#include "tests/support/sqs_server.h"
#include "tests/support/temp_dir.h"

namespace leptir {
namespace {

using namespace std::chrono_literals;

// A run of its own, whose folder the test names in place of the one of the run that it is part of.
class SqsLoanTest : public ::testing::Test {
 protected:
  SqsLoanTest() {
    const char* const outer = std::getenv(kVariable);
    outer_ = outer == nullptr ? "" : outer;
    ::setenv(kVariable, folder_.path().c_str(), 1);
  }
  ~SqsLoanTest() override { outer_.empty() ? ::unsetenv(kVariable) : ::setenv(kVariable, outer_.c_str(), 1); }

  // The second at which the server says that it has received a message.
  static std::int64_t timeOf(SqsServer& server) {
    SqsTestQueue queue(server);
    queue.ask("SendMessage", {{"MessageBody", "x"}});
    const auto message = queue.ask("ReceiveMessage", {{"AttributeNames", {"SentTimestamp"}}}).at("Messages").at(0);
    return std::stoll(message.at("Attributes").at("SentTimestamp").get<std::string>()) / 1000;
  }

  static constexpr const char* kVariable = "LEPTIR_TEST_SERVERS";
  const TempDir folder_;
  base::UniqueFd run_ = tryToLock(folder_ / "run");
  std::string outer_;
};

TEST_F(SqsLoanTest, AnEmulatorIsLentToOneProcessAtATimeAndThenToTheNext) {
  int returned = 0;
  {
    const SqsServer first(borrowSqsServer(SqsServer::Time::Machine)), second(borrowSqsServer(SqsServer::Time::Machine));
    EXPECT_NE(first.port(), second.port());
    returned = first.port();
  }
  EXPECT_EQ(SqsServer(borrowSqsServer(SqsServer::Time::Machine)).port(), returned);
}

TEST_F(SqsLoanTest, AShiftedClockIsThatOfTheMachineAgainForTheNextProcess) {
  const auto now = std::time(nullptr);
  {
    SqsServer server(borrowSqsServer(SqsServer::Time::Shifted));
    server.advance(10h);
    EXPECT_GE(timeOf(server), now + 36'000);
  }
  SqsServer server(borrowSqsServer(SqsServer::Time::Shifted));
  EXPECT_LT(timeOf(server), now + 36'000);
}

TEST_F(SqsLoanTest, ALentEmulatorCannotBeStopped) {
  SqsServer server(borrowSqsServer(SqsServer::Time::Machine));
  EXPECT_THROW(server.stop(), std::logic_error);
  EXPECT_THROW(server.freeze(), std::logic_error);
}

}  // namespace
}  // namespace leptir
