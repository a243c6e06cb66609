// Times of tasks: when they begin, to the millisecond, and until when they may begin.
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

double unixNow() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

class SchedulingTest : public Installation {
 protected:
  // When the run of a record began, Unix seconds.
  static double began(const Json& record) {
    return record.at("exEnd").get<double>() - record.at("exTime").get<double>();
  }
};

// The best of several: other processes of the machine may delay some.
TEST_F(SchedulingTest, ATaskBeginsWithin20MillisecondsOfADelayWithAFraction) {
  const auto instance = start();
  waitUntilRunning();
  double latest = 1;
  for (int i = 0; i < 5; ++i) {
    const auto id = push({"noop", "--delaySeconds=0.25"});
    ASSERT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
    const auto record = info(id);
    const auto late = began(record) - record.at("pushed").get<double>() - 0.25;
    EXPECT_GT(late, -0.001);
    latest = std::min(latest, late);
  }
  EXPECT_LT(latest, 0.02);
}

TEST_F(SchedulingTest, ATimeOfExecutionKeepsItsFraction) {
  const auto at = std::floor(unixNow()) + 3600.125;
  const auto id = push({"noop", fmt::format("--at={:.3f}", at)});
  EXPECT_DOUBLE_EQ(info(id).at("toex").get<double>(), at);
  const auto text = push({"noop", "--at=2100-01-01T00:00:00.625Z"});
  EXPECT_DOUBLE_EQ(info(text).at("toex").get<double>(), 4102444800.625);
  EXPECT_THAT(leptir({"info", "--text", text}).out, HasSubstr("2100-01-01 00:00:00.625 UTC"));
}

TEST_F(SchedulingTest, ATaskThatHasNotBegunBeforeItExpiresIsNotRunAndItsRecordSaysSo) {
  const auto id = push({"noop", "--expires=+0.2"});
  const auto other = push({"noop", "--expires=+3600"});
  const auto expires = unixNow() + 0.2;
  ASSERT_TRUE(eventually([&] { return unixNow() > expires; }));
  ASSERT_EQ(drain(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.at("cause"), "expired");
  EXPECT_EQ(record.at("retC"), 4);
  EXPECT_EQ(record.at("status"), 3);
  EXPECT_THAT(record.at("respM").get<std::string>(), ::testing::MatchesRegex("Not begun before 2.*Z: it expired\\."));
  EXPECT_EQ(info(other).at("cause"), "finished");
  EXPECT_THAT(leptir({"tasks", "--cause=expired"}).out, HasSubstr(id));
}

TEST_F(SchedulingTest, ARetryAfterTheExpiryIsNotRun) {
  writeConfig(defaultYaml("  tasks: { fail: { max_attempts: 5, retry_delay: 1 } }\n"));
  const auto instance = start();
  waitUntilRunning();
  const auto id = push({"fail", "--expires=+0.7"});
  ASSERT_TRUE(eventually([&] {
    const auto record = leptir({"info", id});
    return record.exit == 0 && record.json().value("cause", "") == "expired";
  })) << instance->output();
  const auto record = info(id);
  EXPECT_EQ(record.at("attempt"), 2);
  EXPECT_EQ(record.at("history").size(), 1u);
  EXPECT_THAT(instance->output(), HasSubstr("Task was not run. Not begun before"));
  EXPECT_EQ(status().at("instance").at("failed"), 1);
}

TEST_F(SchedulingTest, APushThatCouldNeverRunIsRefusedAndSaysBothTimes) {
  const auto before = leptir({"push", "noop", "--at=2100-01-01T00:00:00Z", "--expires=2099-12-31T00:00:00.5Z"});
  EXPECT_EQ(before.exit, 1);
  EXPECT_THAT(before.err, HasSubstr("it expires at 2099-12-31T00:00:00.5Z, and its time of execution is "
                                    "2100-01-01T00:00:00Z"));
  const auto delayed = leptir({"push", "noop", "--delaySeconds=10", "--expires=+10"});
  EXPECT_EQ(delayed.exit, 1) << "at the time of execution it has expired";
  const auto past = leptir({"push", "noop", "--expires=2001-01-01T00:00:00Z"});
  EXPECT_EQ(past.exit, 1);
  EXPECT_THAT(past.err, HasSubstr("has expired already, at 2001-01-01T00:00:00Z"));
  for (const auto* text : {"soon", "+", "+0", "+-5", "+x", "5 min"}) {
    const auto wrong = leptir({"push", "noop", "--expires=" + std::string(text)});
    EXPECT_EQ(wrong.exit, 2) << text;
    EXPECT_THAT(wrong.err, HasSubstr("--expires: '" + std::string(text) + "'"));
  }
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
}

TEST_F(SchedulingTest, ALineOfStdinMayExpire) {
  const auto answer = leptir({"push", "--stdin", "--expires=+100"},
                             "{\"name\":\"noop\"}\n{\"name\":\"noop\",\"expires\":\"+50\"}\n"
                             "{\"name\":\"noop\",\"expires\":4102444800.5}\n{\"name\":\"noop\",\"expires\":1}\n");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_THAT(answer.err, HasSubstr("line 4"));
  EXPECT_THAT(answer.err, HasSubstr("has expired already"));
  EXPECT_EQ(answer.lines().size(), 3u);
}

TEST_F(SchedulingTest, TheEnvelopeOfAnExpiredTaskIsPushedAgainOnlyWithoutItsExpiry) {
  const auto id = push({"noop", "text=a", "--expires=+0.05"});
  const auto pushed = unixNow();
  ASSERT_TRUE(eventually([&] { return unixNow() > pushed + 0.1; }));
  ASSERT_EQ(drain(), 0);
  auto envelope = Json::parse(info(id).at("envelope").get<std::string>());
  const auto refused = leptir({"push", "--stdin"}, envelope.dump() + "\n");
  EXPECT_EQ(refused.exit, 1);
  EXPECT_THAT(refused.err, HasSubstr("give a later `expires`, or none"));
  envelope.erase("expires");
  EXPECT_EQ(leptir({"push", "--stdin"}, envelope.dump() + "\n").exit, 0);
  ASSERT_EQ(drain(), 0);
  EXPECT_TRUE(hasSucceeded(id));
}

TEST_F(SchedulingTest, ARetryAfterAFractionOfASecondIsNotRoundedUp) {
  writeConfig(defaultYaml("  tasks: { fail: { max_attempts: 2, retry_delay: 0.25 } }\n"));
  const auto instance = start();
  waitUntilRunning();
  const auto id = push({"fail"});
  ASSERT_TRUE(eventually([&] {
    const auto record = leptir({"info", id});
    return record.exit == 0 && record.json().value("attempt", 0) == 2;
  })) << instance->output();
  const auto record = info(id);
  const auto& first = record.at("history").at(0);
  const auto between = began(record) - first.at("exStart").get<double>() - first.at("exTime").get<double>();
  EXPECT_GT(between, 0.18) << "jitter takes away up to a quarter";
  EXPECT_LT(between, 0.75);
}

}  // namespace
}  // namespace leptir::e2e
