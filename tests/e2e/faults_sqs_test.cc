// What a user sees of an instance on Amazon SQS when the queue, the network or the keys fail.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/e2e/installation.h"
#include "tests/support/sqs_proxy.h"
#include "tests/support/sqs_server.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class SqsFaultsTest : public Installation {
 protected:
  SqsFaultsTest() { configure(); }
  ~SqsFaultsTest() override { ::unsetenv("AWS_SHARED_CREDENTIALS_FILE"); }

  static constexpr const char* kKeys = "sqs_key: AKIDEXAMPLE, sqs_secret: geheim";

  void configure(const std::string& keys = kKeys, const std::string& address = "", const std::string& before = "") {
    writeConfig("leptir:\n  brokers: [" + before + "{ type: sqs, connection: { sqs_queue: \"" +
                (address.empty() ? proxy.queueAddress(queue.name()) : address) + "\", region: us-east-1, " + keys +
                " } }]\n  meta_storage: [{ type: sqlite, connection: { path: records.db } }]\n" +
                "  daemon: { configuration: { number_of_workers: 2 } }\n");
  }
  void writeKeys(const std::string& access, const std::string& secret) {
    std::ofstream(folder / "credentials")
        << "[default]\naws_access_key_id = " << access << "\naws_secret_access_key = " << secret << "\n";
    ::setenv("AWS_SHARED_CREDENTIALS_FILE", (folder / "credentials").c_str(), 1);
  }

  bool hasSucceededInTheEnd(const std::string& id) {
    return eventually([&] { return hasSucceeded(id); });
  }

  SqsServer& server = sharedSqsServer();
  SqsTestQueue queue{server};
  SqsProxy proxy{server};
};

TEST_F(SqsFaultsTest, AnInstanceSurvivesThatItsQueueIsDeletedAndMadeAgain) {
  const auto instance = start();
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop"})));
  server.deleteQueue(queue.name());
  EXPECT_TRUE(
      eventually([&] { return instance->output().find("create it, or correct its address") != std::string::npos; }));
  const auto pushed = leptir({"push", "noop"});
  EXPECT_EQ(pushed.exit, 69);
  EXPECT_THAT(pushed.err, HasSubstr("QueueDoesNotExist"));
  server.createQueue(queue.name());
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop"})));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
}

TEST_F(SqsFaultsTest, WithoutANetworkTheTasksOfOtherBrokersRun) {
  configure(kKeys, "http://127.0.0.1:9/000000000000/tasks",
            "{ name: near, type: sqlite, connection: { path: near.db } }, ");
  const auto instance = start();
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop", "--broker=near"})));
  EXPECT_TRUE(eventually([&] { return instance->output().find("broker sqs: not available") != std::string::npos; }));
  EXPECT_THAT(instance->output(), HasSubstr("http://127.0.0.1:9: cannot connect"));
  EXPECT_TRUE(eventually([&] { return leptir({"status"}).out.find("waiting for broker sqs") != std::string::npos; }));
}

TEST_F(SqsFaultsTest, WrongKeysAreNamedWithoutTheSecret) {
  proxy.requireKeys({.access = "AKIDEXAMPLE", .secret = "another"});
  for (const auto& command : {leptir({"check"}), leptir({"push", "noop"})}) {
    EXPECT_NE(command.exit, 0);
    EXPECT_THAT(command.out + command.err, HasSubstr("InvalidSignatureException"));
    EXPECT_THAT(command.out + command.err, HasSubstr("correct sqs_secret"));
    EXPECT_THAT(command.out + command.err, Not(HasSubstr("geheim")));
  }
}

TEST_F(SqsFaultsTest, KeysThatAreExchangedInTheirFileAreUsedByARunningInstance) {
  writeKeys("AKIDOLD", "old");
  configure("profile: default");
  proxy.requireKeys({.access = "AKIDOLD", .secret = "old"});
  const auto instance = start();
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop"})));
  writeKeys("AKIDNEW", "new");
  proxy.requireKeys({.access = "AKIDNEW", .secret = "new"});
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop"})));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0) << instance->output();
}

TEST_F(SqsFaultsTest, KeysThatHaveExpiredAreAskedForUntilTheyAreRenewed) {
  const auto instance = start();
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop"})));
  proxy.inject("*", {.status = 400,
                     .code = "ExpiredToken",
                     .message = "The security token included in the request is expired",
                     .times = SqsFault::kAlways});
  EXPECT_TRUE(eventually([&] { return instance->output().find("is expired; renew the keys") != std::string::npos; }));
  proxy.heal();
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop"})));
}

TEST_F(SqsFaultsTest, AClockThatIsTenMinutesWrongIsCorrectedByTheTimeOfTheService) {
  proxy.shiftClock(10min);
  const auto instance = start();
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop"})));
  EXPECT_TRUE(hasSucceededInTheEnd(push({"noop", "--delaySeconds=1"})));
}

TEST_F(SqsFaultsTest, AServerThatDoesNotAnswerEndsAPushWithinSeconds) {
  proxy.freeze();
  const auto pushed = leptir({"push", "noop"});
  proxy.thaw();
  EXPECT_EQ(pushed.exit, 69);
  EXPECT_THAT(pushed.err, HasSubstr("no answer within 5.0 s"));
}

TEST_F(SqsFaultsTest, ATaskThatTheQueueDoesNotTakeIsRefusedAtThePush) {
  const SqsTestQueue small(server, R"({"MaximumMessageSize": "2048"})");
  configure(kKeys, small.address());
  const auto pushed = leptir({"push", "noop", "text=" + std::string(3000, 'x')});
  EXPECT_EQ(pushed.exit, 1) << pushed.err;
  EXPECT_THAT(pushed.err, HasSubstr(small.name() + " takes 1792 at most"));
}

}  // namespace
}  // namespace leptir::e2e
