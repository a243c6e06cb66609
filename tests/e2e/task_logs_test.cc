// `leptir logs`: what tasks have logged, while they run and afterwards.
#include <csignal>

#include "tests/e2e/observed_tasks.h"

namespace leptir::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class TaskLogs : public ObservedTasks {};
INSTANTIATE_TEST_SUITE_P(On, TaskLogs, ::testing::ValuesIn(storesOfObservedTasks()),
                         [](const auto& store) { return store.param; });

TEST_P(TaskLogs, AreReadWhileTheTaskRunsAndAfterIt) {
  const auto id = push({"log_and_wait", untilGate()});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasLogged(id, 5); })) << instance->output();
  const auto running = log(id);
  EXPECT_EQ(running.at("running"), true);
  EXPECT_EQ(running.at("attempt"), 1);
  EXPECT_THAT(texts(running), ElementsAre("the first line", "a line", "and another one, with \x1b[31mcolours\x1b[0m",
                                          "not UTF-8: caf\\xe9", "a line for debugging"));
  EXPECT_EQ(running.at("lines")[1].at("level"), "warning");
  EXPECT_GT(running.at("lines")[1].at("time").get<double>(), 1.7e9);
  openGate();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(id); }));
  // The instance shows the run for a moment longer than its record says.
  ASSERT_TRUE(eventually([&] { return log(id).at("running") == false; }));
  const auto over = log(id);
  EXPECT_EQ(texts(over).back(), "the last line");
  EXPECT_EQ(over.at("lines").size(), 6u);
  EXPECT_EQ(over.at("attempts"), Json({1}));
}

TEST_P(TaskLogs, AreShownWithoutControlCharacters) {
  const auto id = push({"log_and_wait", untilGate()});
  openGate();
  ASSERT_EQ(drain(), 0);
  const auto shown = leptir({"logs", id});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("warning  and another one, with \\x1b[31mcolours\\x1b[0m\n"));
  EXPECT_THAT(shown.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(shown.err, IsEmpty());
}

TEST_P(TaskLogs, OfARetryAreKeptWithEachAttempt) {
  const auto id = push({"log_and_fail", "times:=3", "--maxAttempts=3"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
  EXPECT_THAT(texts(log(id)), ElementsAre("this is attempt 3"));
  EXPECT_THAT(texts(log(id, {"--attempt=1"})), ElementsAre("this is attempt 1"));
  EXPECT_THAT(texts(log(id, {"--attempt=2"})), ElementsAre("this is attempt 2"));
  EXPECT_EQ(log(id).at("attempts"), Json({1, 2, 3}));
  EXPECT_EQ(leptir({"logs", id, "--attempt=4"}).exit, 4);
  EXPECT_EQ(leptir({"logs", id, "--attempt=0"}).exit, 2);
}

TEST_P(TaskLogs, OfARetryThatRunsAreThoseOfItsOwnAttempt) {
  writeConfig(yaml("  tasks:\n    log_and_wait_in_a_retry: { retry_delay: 0.2 }\n"));
  const auto id = push({"log_and_wait_in_a_retry", untilGate(), "--maxAttempts=2"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] {
    const auto answer = leptir({"logs", id, "--json"});
    const auto now = answer.exit == 0 ? answer.json() : Json::object();
    return now.value("attempt", 0) == 2 && now.value("running", false) && !now.at("lines").empty();
  })) << instance->output();
  EXPECT_THAT(texts(log(id)), ElementsAre("this is attempt 2"));
  openGate();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(id); }));
  EXPECT_THAT(texts(log(id)), ElementsAre("this is attempt 2"));
}

TEST_P(TaskLogs, OfAKilledWorkerAreInTheRecord) {
  const auto id = push({"log_and_crash"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] {
    const auto answer = leptir({"info", id});
    return answer.exit == 0 && answer.json().value("state", "") == "buried";
  })) << instance->output();
  for (const auto* attempt : {"--attempt=1", "--attempt=2", "--attempt=3"})
    EXPECT_THAT(texts(log(id, {attempt})), ElementsAre("before the crash")) << attempt;
}

TEST_P(TaskLogs, OfAWorkerThatIsKilledFromOutsideWhileItLogsEndWithItsLastLines) {
  const auto id = push({"log_for_ever"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasLogged(id, 500); })) << instance->output();
  const auto workers = status().at("workers");
  for (const auto& worker : workers) {
    if (worker.at("task").is_object()) ::kill(worker.at("pid").get<pid_t>(), SIGKILL);
  }
  ASSERT_TRUE(eventually([&] {
    const auto first = leptir({"logs", id, "--attempt=1", "--json"});
    return first.exit == 0 && first.json().at("running") == false;
  })) << instance->output();
  const auto lines = texts(log(id, {"--attempt=1"}));
  ASSERT_GE(lines.size(), 500u);
  EXPECT_THAT(lines.front(), HasSubstr("round 0"));
}

TEST_P(TaskLogs, OfAMebibyteKeepTheFirstAndTheLastLinesAndSayWhatIsLeftOut) {
  const auto id = push({"log_many", "lines:=12000"});
  ASSERT_EQ(drain(), 0);
  const auto read = log(id);
  const auto lines = texts(read);
  EXPECT_THAT(lines.front(), HasSubstr("line 0 of many"));
  EXPECT_THAT(lines.back(), HasSubstr("line 11999 of many"));
  EXPECT_EQ(read.at("lines").back().at("number"), 11'999);
  EXPECT_EQ(read.at("leftOutLines").get<std::size_t>() + lines.size(), 12'000u);
  EXPECT_GT(read.at("leftOutBytes").get<std::size_t>(), 1'000'000u);
  std::size_t bytes = 0;
  for (const auto& line : lines) bytes += line.size();
  EXPECT_LE(bytes, 64u * 1024);
  EXPECT_GT(bytes, 32u * 1024);
  EXPECT_THAT(leptir({"logs", id}).out, HasSubstr("lines are left out here]"));
  EXPECT_EQ(info(id).at("logLines"), lines.size()) << "info names the number, not the lines";
  EXPECT_THAT(leptir({"info", id}).out, Not(HasSubstr("of many")));
  EXPECT_THAT(leptir({"tasks", "--json"}).out, Not(HasSubstr("of many"))) << "lists leave logs out";
}

TEST_P(TaskLogs, OfAProgramAreItsStderrAndItsResultLines) {
  const auto script = folder / "prog.sh";
  std::ofstream(script) << "echo one >&2\necho '{\"log\": \"two\"}' >&3\nhead -c 300 /dev/urandom >&2\necho >&2\n"
                        << "while [ ! -e " << gate() << " ]; do sleep 0.02; done\necho end >&2\n";
  writeConfig(yaml("  tasks:\n    prog: { command: [/bin/sh, '" + script.string() + "'] }\n"));
  const auto id = push({"prog"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasLogged(id, 3); })) << instance->output();
  EXPECT_THAT(texts(log(id)), ::testing::IsSupersetOf({"one", "two"}));
  openGate();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(id); }));
  EXPECT_EQ(texts(log(id)).back(), "end");
}

TEST_P(TaskLogs, OfAProgramThatIsCancelledAreInTheRecord) {
  writeConfig(yaml("  tasks:\n    prog: { command: [/bin/sh, -c, 'echo waiting >&2; exec sleep 1000'] }\n"));
  const auto id = push({"prog"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasLogged(id, 1); })) << instance->output();
  ASSERT_EQ(leptir({"cancel", id}).exit, 0);
  ASSERT_TRUE(eventually([&] { return leptir({"info", id}).json().value("cause", "") == "cancelled"; }));
  EXPECT_THAT(texts(log(id)), ElementsAre("waiting"));
}

TEST_P(TaskLogs, FollowPrintsNewLinesUntilTheRunEnds) {
  const auto id = push({"log_and_wait", untilGate()});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasLogged(id, 5); })) << instance->output();
  const auto later = std::system(("(sleep 1; touch " + gate() + ") &").c_str());
  ASSERT_EQ(later, 0);
  const auto followed = leptir({"logs", id, "--follow"});
  EXPECT_EQ(followed.exit, 0) << followed.err;
  ASSERT_EQ(followed.lines().size(), 6u) << followed.out;
  EXPECT_THAT(followed.lines().back(), HasSubstr("the last line"));
  const auto json = leptir({"logs", id, "--follow", "--json"});
  ASSERT_EQ(json.lines().size(), 6u) << "each line is one object";
  EXPECT_EQ(Json::parse(json.lines()[5]).at("text"), "the last line");
}

TEST_P(TaskLogs, OfARunningTaskAreAnsweredByItsInstanceOnAnotherMachine) {
  if (!canPretendToBeElsewhere()) GTEST_SKIP() << "this machine makes no namespaces";
  const auto id = push({"log_and_wait", untilGate()});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasLogged(id, 5) && isShownAsRunning(id); })) << instance->output();
  const auto answer = elsewhere({"logs", id, "--json"});
  EXPECT_EQ(answer.exit, 0) << answer.err;
  EXPECT_EQ(texts(answer.json()), texts(log(id)));
  EXPECT_EQ(answer.json().at("running"), true);
  openGate();
}

TEST_P(TaskLogs, OfTasksThatLoggedNothingOrHaveNotRunSaySo) {
  const auto quiet = push({"noop"});
  const auto later = push({"noop", "--delaySeconds=3600"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(quiet); }));
  EXPECT_THAT(leptir({"logs", quiet}).err, HasSubstr("has logged nothing"));
  EXPECT_FALSE(info(quiet).contains("logLines"));
  const auto waiting = leptir({"logs", later});
  EXPECT_EQ(waiting.exit, 0);
  EXPECT_THAT(waiting.err, HasSubstr("has not run yet"));
}

TEST_P(TaskLogs, OfAnUnclearIdAreRefused) {
  push({"noop", "--id=abc-1", "--delaySeconds=3600"});
  push({"noop", "--id=abc-2", "--delaySeconds=3600"});
  const auto several = leptir({"logs", "abc"});
  EXPECT_EQ(several.exit, 2);
  EXPECT_THAT(several.err, HasSubstr("fits 2 tasks"));
  EXPECT_EQ(leptir({"logs", "abc-1"}).exit, 0);
  EXPECT_EQ(leptir({"logs", "abc-3"}).exit, 4);
  EXPECT_EQ(leptir({"logs", "abc\n"}).exit, 2);
  EXPECT_EQ(leptir({"logs", ""}).exit, 2);
  EXPECT_EQ(leptir({"logs"}).exit, 2);
}

}  // namespace
}  // namespace leptir::e2e
