// Operations::log and stack: from records, and from instances that are asked through the store.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/host_name.h"
#include "base/instance_mark.h"
#include "base/pid_namespace.h"
#include "fleet/instance_card.h"
#include "fleet/question.h"
#include "operations/operations_fixture.h"
#include "operations/record_log.h"
#include "operations/stack_json.h"
#include "tests/support/other_user.h"
#include "tests/support/wait_until.h"

namespace leptir::operations {
namespace {

class TaskLogTest : public OperationsTest {
 protected:
  static std::string line(const std::string& text) { return "1795462346.667348 info " + text + "\n"; }
  static MetaInfo record(int attempt, std::string log) {
    MetaInfo info{.id = "t1", .lease = static_cast<std::uint64_t>(attempt), .attempt = attempt};
    info.type = "mail";
    info.cause = "threw";
    info.log = std::move(log);
    return info;
  }
  void save(const MetaInfo& info) { ASSERT_TRUE(records().saveMetaInfo({&info, 1})); }

  // A card that says that another machine runs the task t1, which is leased.
  void runElsewhere(bool answers = true) { runAt("elsewhere", 4711, 4712, answers); }
  // The same with the host and the processes that the card names.
  void runAt(const std::string& host, int master, int worker, bool answers = true) {
    push("t1");
    (void)lease();
    auto card = cardAt(host, master);
    card.runningTasks = 1;
    card.running.push_back({.id = "t1", .name = "mail", .began = card.since, .attempt = 1, .pid = worker});
    card.answers = answers;
    put(card);
  }
  // A card of an instance that runs nothing, as far as it says.
  static fleet::InstanceCard cardAt(const std::string& host, int master, const std::string& instance = kInstance) {
    fleet::InstanceCard card{.instance = instance, .host = host, .version = "9.9.9", .pid = master, .workers = 1};
    card.broker = "first";
    card.state = "running";
    card.since = card.written = systemClock().now();
    card.answers = true;
    return card;
  }
  void put(const fleet::InstanceCard& card) {
    ASSERT_TRUE(store().fleet()->put(fleet::keyOf(card), fleet::textOf(card), std::nullopt));
  }
  static std::string stackText() { return writeJson({{"pid", 4712}, {"threads", Json::array()}}); }
  static Error doesNotRunThere() { return {ErrorCode::Invalid, "task 't1' does not run there now"}; }
  // What the command was answered, and how long it took.
  template <class Ask>
  static Error errorAtOnce(Ask ask) {
    const auto began = std::chrono::steady_clock::now();
    const auto answer = ask();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
    EXPECT_FALSE(answer);
    return answer ? Error(ErrorCode::Internal, "no error") : answer.error();
  }
  // Answers the first question, as an instance does.
  void answerWith(const Result<std::string>& answer) {
    auto& shared = *store().fleet();
    for (;;) {
      const auto entries = shared.list(kFleetOrderKeyPrefix, "", 10).value();
      if (entries.empty()) {
        std::this_thread::sleep_for(5ms);
        continue;
      }
      const auto question = fleet::questionOf(entries[0]);
      ASSERT_TRUE(question);
      asked = *question;
      ASSERT_TRUE(shared.erase(entries[0].key));
      for (const auto& entry : fleet::entriesOf(*question, fleet::answerText(answer)))
        ASSERT_TRUE(shared.put(entry.key, entry.value, fleet::kAnswerLifetime));
      return;
    }
  }
  // What `ask` returns while an instance answers.
  template <class Ask>
  auto whileAnswering(const Result<std::string>& answer, Ask ask) {
    std::thread instance([&] { answerWith(answer); });
    auto got = ask();
    instance.join();
    return got;
  }

  // A process of another user with the marks of a master and of a worker. It ends by itself after a minute.
  static pid_t startInstanceOfAnotherUser() {
    return startChild([] {
      ::alarm(60);
      if (::setuid(kOtherUser) != 0 || !base::setInstanceMark(kInstance)) return false;
      const auto mark = base::setMasterMark(kInstance);
      return mark && ::pause() == 0;
    });
  }
  // False where root may not look into processes of other users, as in a container without CAP_SYS_PTRACE.
  static bool isSeenAsMaster(pid_t process) {
    return waitUntil([&] { return base::checkMasterMark(process, kInstance) == base::Membership::Yes; }, 5s);
  }

  fleet::Question asked;
};
INSTANTIATE_TEST_SUITE_P(Stores, TaskLogTest, ::testing::Values("memory", "sqlite"));

TEST_P(TaskLogTest, IsThatOfTheLastAttemptInTheRecord) {
  auto info = record(2, line("second"));
  info.history.push_back({.attempt = 1, .cause = "threw", .log = line("first")});
  save(info);
  auto asking = operations();
  const auto last = asking.log("t1");
  ASSERT_TRUE(last) << last.error().message();
  EXPECT_EQ(last->attempt, 2);
  EXPECT_FALSE(last->isRunning);
  ASSERT_THAT(last->lines, SizeIs(1));
  EXPECT_EQ(last->lines[0].text, "second");
  EXPECT_THAT(last->attempts, ElementsAre(1, 2));
  EXPECT_EQ(asking.log("t1", 1)->lines[0].text, "first");
  EXPECT_EQ(asking.log("t1", 3).error().code(), ErrorCode::NotFound);
  EXPECT_EQ(asking.log("t2").error().code(), ErrorCode::NotFound);
  EXPECT_EQ(asking.log("t\n").error().code(), ErrorCode::Invalid);
}

TEST_P(TaskLogTest, OfATaskThatHasNotRunIsEmpty) {
  push("t1");
  auto asking = operations();
  const auto log = asking.log("t1");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->attempt, 0);
  EXPECT_THAT(log->lines, IsEmpty());
}

TEST_P(TaskLogTest, IsLeftOutOfLists) {
  auto info = record(2, line("second"));
  info.history.push_back({.attempt = 1, .cause = "threw", .log = line("first")});
  save(info);
  auto asking = operations();
  const auto page = asking.records({}, "", 10);
  ASSERT_TRUE(page);
  for (const auto& shown : page->records) EXPECT_EQ(shown.dump().find("taskLog"), std::string::npos);
  const auto tasks = asking.tasks({}, "", 10)->tasks;
  ASSERT_THAT(tasks, SizeIs(1));
  EXPECT_EQ(tasks[0].record.dump().find("taskLog"), std::string::npos);
  EXPECT_TRUE(asking.task("t1")->record.contains("taskLog"));
}

TEST_P(TaskLogTest, OfATaskThatRunsElsewhereIsAnsweredByItsInstance) {
  runElsewhere();
  auto asking = operations();
  const auto log =
      whileAnswering(writeJson({{"attempt", 1}, {"log", line("from afar")}}), [&] { return asking.log("t1"); });
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_TRUE(log->isRunning);
  ASSERT_THAT(log->lines, SizeIs(1));
  EXPECT_EQ(log->lines[0].text, "from afar");
  EXPECT_EQ(asked.kind, fleet::Question::Kind::Log);
  EXPECT_EQ(asked.task, "t1");
  EXPECT_THAT(store().fleet()->list("answers/", "", 10).value(), IsEmpty()) << "an answer is removed once it is read";
}

TEST_P(TaskLogTest, OfAnEarlierAttemptIsNoAnswerForTheRunThatGoesOn) {
  runElsewhere();
  auto asking = operations();
  const auto log = whileAnswering(writeJson({{"attempt", 7}, {"log", line("old")}}), [&] { return asking.log("t1"); });
  ASSERT_TRUE(log);
  EXPECT_THAT(log->lines, IsEmpty());
}

TEST_P(TaskLogTest, AnInstanceThatDoesNotAnswerIsNamed) {
  runElsewhere();
  auto asking = operations();
  const auto log = asking.log("t1");
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().code(), ErrorCode::TimedOut);
  EXPECT_THAT(log.error().message(), HasSubstr("elsewhere:4711"));
}

TEST_P(TaskLogTest, AnInstanceThatIsTooOldIsNotAsked) {
  runElsewhere(false);
  auto asking = operations();
  EXPECT_EQ(asking.log("t1").error().code(), ErrorCode::Unsupported);
  EXPECT_EQ(asking.stack("t1").error().code(), ErrorCode::Unsupported);
  EXPECT_THAT(store().fleet()->list(kFleetOrderKeyPrefix, "", 10).value(), IsEmpty());
}

TEST_P(TaskLogTest, AStackIsAnsweredByTheInstance) {
  runElsewhere();
  auto asking = operations();
  const Json answer{
      {"pid", 4712},
      {"program", false},
      {"taken", 1.5},
      {"stoppedFor", 0.0004},
      {"threads",
       {{{"tid", 4712},
         {"name", "worker"},
         {"problem", ""},
         {"frames",
          {{{"address", 16}, {"function", "app::run()"}, {"file", "run.cc"}, {"line", 3}, {"user", true}}}}}}}};
  const auto stack = whileAnswering(writeJson(answer), [&] { return asking.stack("t1"); });
  ASSERT_TRUE(stack) << stack.error().message();
  EXPECT_EQ(stack->host, "elsewhere");
  EXPECT_EQ(stack->instance, kInstance);
  EXPECT_EQ(stack->stoppedFor, 400us);
  ASSERT_THAT(stack->threads, SizeIs(1));
  ASSERT_THAT(stack->threads[0].frames, SizeIs(1));
  EXPECT_EQ(stack->threads[0].frames[0].function, "app::run()");
  EXPECT_TRUE(stack->threads[0].frames[0].isUserCode);
}

TEST_P(TaskLogTest, AStackIsAnsweredByAnInstanceOfAnotherUserWhoseProgramIsNotExecuted) {
  LEPTIR_NEEDS_ROOT();
  const auto process = startInstanceOfAnotherUser();
  if (!isSeenAsMaster(process)) {
    killChild(process);
    GTEST_SKIP() << "this process may not look into processes of other users";
  }
  runAt(base::hostName(), process, process);
  // The program of that process is this test. If it is executed after all, it must not run its tests again.
  ::setenv("GTEST_FILTER", "-*", 1);
  auto asking = operations();
  const auto stack =
      whileAnswering(Error(ErrorCode::Invalid, "answered by the instance"), [&] { return asking.stack("t1"); });
  ::unsetenv("GTEST_FILTER");
  killChild(process);
  ASSERT_FALSE(stack);
  EXPECT_THAT(stack.error().message(), HasSubstr("answered by the instance"));
  EXPECT_EQ(asked.kind, fleet::Question::Kind::Stack);
}

TEST_P(TaskLogTest, AnErrorOfTheInstanceIsPassedOn) {
  runElsewhere();
  auto asking = operations();
  const auto stack = whileAnswering(doesNotRunThere(), [&] { return asking.stack("t1"); });
  EXPECT_EQ(stack.error().code(), ErrorCode::Invalid);
  EXPECT_THAT(stack.error().message(), HasSubstr("does not run there now"));
}

// The card is up to two seconds old.
TEST_P(TaskLogTest, OfATaskThatNoCardNamesYetIsAskedOfAllInstances) {
  push("t1");
  (void)lease();
  put(cardAt("elsewhere", 4711));
  auto asking = operations();
  const auto stack = whileAnswering(stackText(), [&] { return asking.stack("t1"); });
  ASSERT_TRUE(stack) << stack.error().message();
  EXPECT_EQ(stack->host, "elsewhere");
  const auto log =
      whileAnswering(writeJson({{"attempt", 1}, {"log", line("early")}}), [&] { return asking.log("t1"); });
  ASSERT_TRUE(log) << log.error().message();
  EXPECT_THAT(log->lines, SizeIs(1));
}

TEST_P(TaskLogTest, AStackIsAskedOfTheOtherInstancesWhereTheOneOfTheCardRunsTheTaskNoMore) {
  runElsewhere();
  put(cardAt("third", 4713, "fedcba9876543210fedcba9876543210"));
  auto asking = operations();
  std::thread instances([&] {
    answerWith(doesNotRunThere());
    EXPECT_EQ(asked.instance, kInstance);
    answerWith(stackText());
  });
  const auto stack = asking.stack("t1");
  instances.join();
  ASSERT_TRUE(stack) << stack.error().message();
  EXPECT_EQ(stack->host, "third");
}

// The worker of the card may have come to another task since: this process with its marks stands for it.
TEST_P(TaskLogTest, AStackIsNotTakenFromTheWorkerThatACardNames) {
  const auto process = startChild([] {
    ::alarm(60);
    if (!base::setInstanceMark(kInstance)) return false;
    const auto mark = base::setMasterMark(kInstance);
    return mark && ::pause() == 0;
  });
  ASSERT_TRUE(isSeenAsMaster(process));
  runAt(base::hostName(), process, process);
  auto asking = operations();
  const auto stack = whileAnswering(doesNotRunThere(), [&] { return asking.stack("t1"); });
  killChild(process);
  ASSERT_FALSE(stack);
  EXPECT_THAT(stack.error().message(), HasSubstr("does not run there now"));
}

TEST_P(TaskLogTest, OfAnInstanceWhoseMasterIsGoneIsRefusedAtOnce) {
  push("t1");
  (void)lease();
  auto card = cardAt(base::hostName(), 0x7fff'fff0);
  card.pidNamespace = base::pidNamespace();
  card.runningTasks = 1;
  card.running.push_back({.id = "t1", .name = "mail", .began = card.since, .attempt = 1, .pid = 0x7fff'fff1});
  put(card);
  auto asking = operations();
  for (const auto& error :
       {errorAtOnce([&] { return asking.log("t1"); }), errorAtOnce([&] { return asking.stack("t1"); })}) {
    EXPECT_EQ(error.code(), ErrorCode::Lost);
    EXPECT_THAT(error.message(), HasSubstr("the instance that ran it (" + base::hostName() + ":2147483632) is gone"));
  }
}

TEST_P(TaskLogTest, OfALeasedTaskThatNoInstanceRunsIsNotSaidToBeEmpty) {
  push("t1");
  (void)lease();
  auto asking = operations();
  EXPECT_THAT(errorAtOnce([&] { return asking.log("t1"); }).message(), HasSubstr("no instance says that it runs it"));
}

TEST_P(TaskLogTest, OfAnAttemptThatTheRecordTellsOfNoMoreIsNoLongerKept) {
  auto info = record(13, line("last"));
  info.history.push_back({.attempt = 12, .cause = "threw", .log = line("before")});
  save(info);
  auto asking = operations();
  EXPECT_EQ(asking.log("t1", 3).error().message(),
            "attempt 3 of task 't1' is no longer kept: its record tells of the attempts 12 to 13");
}

TEST_P(TaskLogTest, AStackOfATaskThatDoesNotRunIsRefused) {
  push("later", 1h);
  push("t1");
  (void)lease();
  auto asking = operations();
  EXPECT_THAT(asking.stack("later").error().message(), HasSubstr("does not run: it is scheduled"));
  EXPECT_THAT(asking.stack("t1").error().message(), HasSubstr("no instance says that it runs it"));
  EXPECT_EQ(asking.stack("later").error().code(), ErrorCode::Invalid);
  EXPECT_EQ(asking.stack("nothing").error().code(), ErrorCode::NotFound);
}

TEST(RecordLog, ARecordOfAnotherProgramHarmsNothing) {
  for (const auto* text : {"null", "[]", "7", R"({"attempt":"x","taskLog":7})", R"({"attempt":1,"taskLog":[1]})",
                           R"({"attempt":-1,"history":7})", R"({"history":[7,{"attempt":1e9,"taskLog":{}}]})"}) {
    auto json = *parseJson(text);
    (void)attemptsOf(json);
    (void)logInRecord(json, 1);
    leaveOutLogs(json);
  }
}

TEST(StackJson, OfAnotherProgramHarmsNothing) {
  EXPECT_FALSE(stackIn(Json(7)));
  EXPECT_FALSE(stackIn(Json::object()));
  const auto stack = stackIn(*parseJson(
      R"({"pid":-1,"taken":1e300,"stoppedFor":"x","leftOutThreads":-7,"threads":[7,{"tid":1e99,"frames":[[],{"line":-1}]}]})"));
  ASSERT_TRUE(stack);
  EXPECT_EQ(stack->pid, 0);
  ASSERT_THAT(stack->threads, SizeIs(1));
  EXPECT_THAT(stack->threads[0].frames, SizeIs(1));
}

}  // namespace
}  // namespace leptir::operations
