// A test suite for an application with tasks. The first part tests single tasks; the second part tests the code that
// pushes, together with the tasks that it pushes, as an instance of leptir would run them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <leptir/testing.h>

#include "newsletter.h"

namespace newsletter {
namespace {

using leptir::testing::runTask;
using leptir::testing::StoreCall;
using leptir::testing::TestInstance;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

class FakeMailServer final : public MailServer {
 public:
  Answer send(const std::string& to, const std::string& subject) override {
    if (answer == Answer::Accepted) sent.push_back(to + ": " + subject);
    return answer;
  }

  Answer answer = Answer::Accepted;
  std::vector<std::string> sent;
};

class NewsletterTest : public ::testing::Test {
 protected:
  NewsletterTest() { addTasks(program.tasks, server); }

  std::shared_ptr<FakeMailServer> server = std::make_shared<FakeMailServer>();
  leptir::Program program;
};

// --- single tasks

TEST_F(NewsletterTest, AMailIsSentWithTheNameOfItsReader) {
  const auto run = runTask(program.tasks, "mail.send", Mail{"anna@example.org", Kind::Welcome, "Anna"});
  EXPECT_TRUE(run.succeeded()) << run;
  EXPECT_THAT(server->sent, ElementsAre("anna@example.org: Welcome, Anna"));
  EXPECT_THAT(run.responseLines, ElementsAre("Sent."));
  ASSERT_EQ(run.log.size(), 1u);
  EXPECT_EQ(run.log[0].text, "sent to anna@example.org");
}

TEST_F(NewsletterTest, AMailWithoutAnAddressIsAnErrorThatNamesTheParameter) {
  const auto run = runTask(program.tasks, "mail.send", {{"kind", "welcome"}});
  EXPECT_FALSE(run.succeeded());
  EXPECT_THAT(run.outcome.response, ::testing::HasSubstr("a string is needed. Parameter: to"));
}

TEST_F(NewsletterTest, AMailToABusyServerIsTriedAgainLater) {
  server->answer = MailServer::Answer::Busy;
  const auto run = runTask(program.tasks, "mail.send", Mail{"anna@example.org"});
  EXPECT_EQ(run.retryDelay(), 30s);
}

TEST_F(NewsletterTest, AMailToAnUnknownAddressIsDiscarded) {
  server->answer = MailServer::Answer::NoSuchAddress;
  EXPECT_TRUE(runTask(program.tasks, "mail.send", Mail{"nobody@example.org"}).isDiscarded());
}

TEST_F(NewsletterTest, AnImportReportsStatesProgressAndResult) {
  const auto run = runTask(program.tasks, "addresses.import", Import{{"a@x.org", "b@x.org"}, 1});
  EXPECT_THAT(run.states, ElementsAre("importing", "imported"));
  ASSERT_EQ(run.progress.size(), 2u);
  EXPECT_EQ(run.progress[1].fraction, 0.5);
  EXPECT_EQ(run.result, leptir::Json({{"imported", 2}}));
}

TEST_F(NewsletterTest, AnImportThatIsToStopSaysHowFarItCame) {
  const auto run = runTask(program.tasks, "addresses.import", Import{{"a@x.org", "b@x.org", "c@x.org"}, 1},
                           {.stopToken = leptir::testing::stopAtCheck(3)});
  EXPECT_EQ(run.outcome.status, leptir::ExitStatus::Warning);
  EXPECT_THAT(run.responseLines, ElementsAre("Stopped after 2 addresses."));
}

// --- pushing and running

TEST_F(NewsletterTest, ANewReaderGetsAWelcomeNowAndAReminderAfterAWeek) {
  TestInstance instance(program);
  ASSERT_TRUE(subscribe(instance.broker(), "anna@example.org", "Anna"));
  EXPECT_EQ(instance.runDue().size(), 1u);
  EXPECT_THAT(server->sent, ElementsAre("anna@example.org: Welcome, Anna"));

  EXPECT_THAT(instance.runFor(6 * 24h), IsEmpty());
  EXPECT_EQ(instance.runFor(24h).size(), 1u);
  EXPECT_THAT(server->sent,
              ElementsAre("anna@example.org: Welcome, Anna", "anna@example.org: Are you still there, Anna"));
  EXPECT_THAT(instance.tasks(), IsEmpty());
}

TEST_F(NewsletterTest, WhoSubscribesTwiceGetsOneWelcome) {
  TestInstance instance(program);
  ASSERT_TRUE(subscribe(instance.broker(), "anna@example.org"));
  ASSERT_TRUE(subscribe(instance.broker(), "anna@example.org"));
  const auto waiting = instance.waiting();
  ASSERT_EQ(waiting.size(), 2u);  // a welcome and a reminder
  EXPECT_EQ(waiting[0].name, "mail.send");
  EXPECT_EQ(waiting[0].parameters, leptir::Json({{"to", "anna@example.org"}, {"kind", "welcome"}}));
}

TEST_F(NewsletterTest, AWelcomeIsSentOnceTheServerIsNoLongerBusy) {
  TestInstance instance(program);
  ASSERT_TRUE(subscribe(instance.broker(), "anna@example.org"));
  server->answer = MailServer::Answer::Busy;
  EXPECT_EQ(instance.runFor(89s).size(), 3u);  // now, after 30 s and after 60 s
  server->answer = MailServer::Answer::Accepted;
  EXPECT_EQ(instance.runFor(1s).size(), 1u);
  EXPECT_THAT(server->sent, ElementsAre("anna@example.org: Welcome"));
}

TEST_F(NewsletterTest, ASubscriptionThatCannotBeStoredIsAnErrorForTheReader) {
  TestInstance instance(program);
  instance.brokerFaults().failNext(StoreCall::Push);
  const auto subscribed = subscribe(instance.broker(), "anna@example.org");
  ASSERT_FALSE(subscribed);
  EXPECT_EQ(subscribed.error().code(), leptir::ErrorCode::Unavailable);
}

TEST_F(NewsletterTest, ASubscriptionCanBeRepeatedWhenTheAnswerOfTheStoreWasLost) {
  TestInstance instance(program);
  instance.brokerFaults().loseNextAnswer(StoreCall::Push);
  ASSERT_FALSE(subscribe(instance.broker(), "anna@example.org"));
  ASSERT_TRUE(subscribe(instance.broker(), "anna@example.org"));
  instance.runDue();
  EXPECT_THAT(server->sent, ElementsAre("anna@example.org: Welcome"));
}

}  // namespace
}  // namespace newsletter
