// leptir push: its arguments, its errors and its output.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <utility>

#include "tests/e2e/database.h"
#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

class PushTest : public Installation {
 protected:
  // Runs a shell script in which $0 is the program and $1 the configuration.
  CommandResult shell(const std::string& script) {
    const auto own = std::exchange(program, "/bin/sh");
    auto answer = run({"-c", script, own, config.string()});
    program = own;
    return answer;
  }
};

TEST_F(PushTest, PrintsOneIdALine) {
  const auto answer = leptir({"push", "noop", "--number=3"});
  EXPECT_EQ(answer.exit, 0);
  const auto ids = answer.lines();
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
}

TEST_F(PushTest, QuietPrintsNothing) {
  EXPECT_EQ(leptir({"push", "noop", "--quiet"}).out, "");
}

TEST_F(PushTest, AcceptsParametersAsTextAndAsJson) {
  const auto id = push({"sleep", "seconds:=0", "note=hello world", "--json={\"deep\": {\"list\": [1, 2.0]}}"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("retC"), 1);
}

TEST_F(PushTest, StoresAttemptsPriorityAndTimeLimitInTheEnvelope) {
  const auto id = push({"noop", "--maxAttempts=7", "--priority=-3", "--timeLimit=90"});
  const auto rows = Database(folder / "leptir.db").run("SELECT envelope FROM leptir_tasks WHERE id = ?", {id});
  ASSERT_EQ(rows.size(), 1u);
  const auto envelope = parseJson(rows[0][0]);
  ASSERT_TRUE(envelope) << rows[0][0];
  EXPECT_EQ(envelope->at("ma"), 7) << rows[0][0];
  EXPECT_EQ(envelope->at("pr"), -3) << rows[0][0];
  EXPECT_EQ(envelope->at("tl"), 90) << rows[0][0];
}

TEST_F(PushTest, AddsNothingIfTheIdIsInTheQueue) {
  EXPECT_EQ(push({"noop", "--id=mine"}), "mine");
  EXPECT_EQ(push({"noop", "--id=mine"}), "mine");
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1);
}

TEST_F(PushTest, RefusesInvalidAndConflictingArguments) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"push", "noop", "--id=a", "--number=2"},
                                             {"push", "noop", "--at=2026-11-23T18:00:00Z", "--delaySeconds=3"},
                                             {"push"},
                                             {"push", "noop", "--at=someday"},
                                             {"push", "noop", "novalue"},
                                             {"push", "noop", "x:=nojson"},
                                             {"push", "noop", "--unknown"},
                                             {"push", "noop", "--timeLimit=-1"},
                                             {"push", "noop", "--timeLimit=1.5"},
                                             {"push", "noop", "--number=0"},
                                             {"push", "noop", "--delaySeconds=1e300"},
                                             {"push", "noop", "--delaySeconds=nan"},
                                             {"push", "noop", "--priority=99999999999999999999"}}) {
    const auto answer = leptir(arguments);
    EXPECT_EQ(answer.exit, 2) << answer.err;
    EXPECT_NE(answer.err.find("--help"), std::string::npos) << answer.err;
  }
}

TEST_F(PushTest, StdinPushesValidLinesAndReportsInvalidOnes) {
  const auto answer = leptir(
      {"push", "--stdin"},
      "{\"name\": \"noop\", \"id\": \"one\"}\n"
      "not json\n"
      "\n"
      "{\"name\": \"sleep\", \"parameters\": {\"seconds\": 0}, \"priority\": 3, \"timeLimit\": 5, \"at\": 1700000000}\n"
      "{\"name\": \"noop\", \"nmae\": 1}\n"
      "{\"parameters\": {}}\n"
      "{\"name\": \"noop\", \"delaySeconds\": -1}");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.lines().size(), 2u) << answer.out;
  EXPECT_EQ(answer.lines().at(0), "one");
  for (const auto* line : {"line 2", "line 5", "line 6", "line 7"})
    EXPECT_NE(answer.err.find(line), std::string::npos) << answer.err;
  EXPECT_EQ(answer.err.find("line 4"), std::string::npos) << answer.err;
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 2);
}

TEST_F(PushTest, StdinPushesTheOtherLinesIfTheStoreRefusesOne) {
  const auto answer = leptir({"push", "--stdin"}, "{\"name\": \"noop\"}\n{\"name\": \"" + std::string(300, 'n') +
                                                      "\"}\n{\"name\": \"noop\"}\n");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.lines().size(), 2u);
  EXPECT_NE(answer.err.find("line 2"), std::string::npos) << answer.err;
}

TEST_F(PushTest, StdinPushesToTheOtherBrokersWhenOneCannotBeUsed) {
  config = writeConfig("{ brokers: [{ name: good, type: sqlite, connection: { path: " + (folder / "good.db").string() +
                       " } }, { name: bad, type: sqlite, configuration: { priority: 10 }, connection: { path: "
                       "/proc/bad.db } }] }\n");
  const auto answer = leptir({"push", "--stdin"},
                             "{\"name\": \"noop\", \"id\": \"one\"}\n"
                             "{\"name\": \"noop\", \"priority\": 10}\n"
                             "{\"name\": \"noop\", \"id\": \"three\"}\n");
  EXPECT_EQ(answer.exit, 69);
  EXPECT_EQ(answer.out, "one\nthree\n");
  EXPECT_NE(answer.err.find("line 2: broker bad"), std::string::npos) << answer.err;
}

TEST_F(PushTest, StdinPushesManyLinesInBatches) {
  std::string lines;
  for (int i = 0; i < 2500; ++i) lines += "{\"name\":\"noop\"}\n";
  EXPECT_EQ(leptir({"push", "--stdin", "--quiet"}, lines).exit, 0);
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 2500);
}

TEST_F(PushTest, StdinRefusesNumbersOutOfRange) {
  const auto answer = leptir({"push", "--stdin"},
                             "{\"name\": \"noop\", \"delaySeconds\": 1e300}\n"
                             "{\"name\": \"noop\", \"priority\": 18446744073709551615}\n"
                             "{\"name\": \"noop\", \"timeLimit\": 18446744073709551615}\n"
                             "{\"name\": \"noop\", \"at\": 1e300}\n");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out, "");
  for (const auto* words : {"line 1: 'delaySeconds'", "line 2: 'priority'", "line 3: 'timeLimit'", "line 4: '1e300'"})
    EXPECT_NE(answer.err.find(words), std::string::npos) << words << " in: " << answer.err;
}

TEST_F(PushTest, RefusesTextThatIsNotUtf8AndAddsNothing) {
  for (const auto* argument : {"text=a\xff", "k\xff=1", "--id=a\xff", "json:=\"\xff\""}) {
    const auto answer = leptir({"push", "noop", argument});
    EXPECT_NE(answer.exit, 0) << argument;
    EXPECT_NE(answer.err.find("UTF-8"), std::string::npos) << answer.err;
  }
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
}

TEST_F(PushTest, KeepsLargeNumbersAndTheOrderOfKeysUpToTheProgram) {
  config =
      writeConfig("{ tasks: { cat: { command: [/bin/cat] }, show: { command: [/usr/bin/printf, '%s', '{n}'] } } }\n");
  const std::string pushed = R"({"zeta":123456789012345678901234567890,"alpha":1.50,"Mid":{"b":"č","a":-0}})";
  const auto byJson = push({"cat", "--json=" + pushed});
  const auto byArgument = push({"show", "n:=-9223372036854775809"});
  const auto byLine = leptir({"push", "--stdin"}, "{\"name\":\"cat\",\"parameters\":" + pushed + "}\n").lines().at(0);
  ASSERT_EQ(drain(), 0);
  for (const auto& id : {byJson, byLine}) {
    const auto heard = info(id).at("respM").get<std::string>();
    EXPECT_NE(heard.find("\"parameters\":" + pushed + ","), std::string::npos) << heard;
  }
  EXPECT_EQ(info(byArgument).at("respM"), "-9223372036854775809");
}

TEST_F(PushTest, RefusesIdsThatHoldALineBreakOrANul) {
  using namespace std::string_literals;
  EXPECT_EQ(leptir({"push", "noop", "--id=x\ny"}).exit, 1);
  const auto answer = leptir({"push", "--stdin"},
                             "{\"name\":\"noop\",\"id\":\"a\\u0000b\"}\n"
                             "{\"name\":\"noop\"}\0{}\n"s);
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out, "");
  EXPECT_NE(answer.err.find("line 1: the task's id holds a control character"), std::string::npos) << answer.err;
  EXPECT_NE(answer.err.find("line 2: not JSON at byte 15: a NUL byte"), std::string::npos) << answer.err;
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
}

TEST_F(PushTest, RefusesAnEmptyId) {
  const auto option = leptir({"push", "noop", "--id", ""});
  EXPECT_EQ(option.exit, 2);
  EXPECT_NE(option.err.find("the id is empty: leave --id out"), std::string::npos) << option.err;
  const auto line = leptir({"push", "--stdin"}, R"({"name":"noop","id":""})");
  EXPECT_EQ(line.exit, 1);
  EXPECT_NE(line.err.find("the id is empty: leave it out"), std::string::npos) << line.err;
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
}

TEST_F(PushTest, StdinUsesTheOptionsOfTheCommandLineAsDefaults) {
  const std::string lines = "{\"name\":\"noop\"}\n{\"name\":\"noop\",\"at\":1700000000}\n";
  EXPECT_EQ(leptir({"push", "--stdin", "--delaySeconds=3600", "--maxAttempts=3"}, lines).exit, 0);
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1);
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 1);
  EXPECT_EQ(leptir({"push", "--stdin", "--at=garbage"}, lines).exit, 2);
  EXPECT_EQ(leptir({"push", "--stdin", "--timeLimit=-1"}, lines).exit, 2);
  EXPECT_EQ(leptir({"push", "--stdin", "--broker=nosuch"}, lines).exit, 1);
  EXPECT_EQ(status().at("brokers").at(0).at("scheduled"), 1);
}

TEST_F(PushTest, StdinPushesCompleteLinesWhenTheInputPauses) {
  const auto in = (folder / "in").string(), out = (folder / "out").string();
  const auto answer =
      shell("mkfifo " + in + "\n\"$0\" push --stdin --config=\"$1\" < " + in + " > " + out + " &\nexec 9> " + in + R"(
      printf '{"name":"noop","id":"first"}\n{"name":' >&9
      until grep -q first )" +
            out + R"(; do sleep 0.05; done
      printf '"noop","id":"second"}' >&9; exec 9>&-; wait; cat )" +
            out);
  EXPECT_EQ(answer.out, "first\nsecond\n") << answer.err;
}

TEST_F(PushTest, StdinThatCannotBeReadIsAnError) {
  for (const auto* input : {"< /", "<&-"}) {
    const auto answer = shell(std::string("\"$0\" push --stdin --config=\"$1\" ") + input);
    EXPECT_EQ(answer.exit, 1) << input;
    EXPECT_NE(answer.err.find("standard input"), std::string::npos) << answer.err;
  }
}

TEST_F(PushTest, StdinRefusesALineLongerThanTheLargestEnvelope) {
  const auto answer =
      leptir({"push", "--stdin"}, "{\"name\":\"noop\",\"id\":\"one\"}\n" + std::string(20'000'000, 'x') +
                                      "\n{\"name\":\"noop\",\"id\":\"three\"}\n");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out, "one\nthree\n");
  EXPECT_NE(answer.err.find("line 2: longer than 16777216 bytes"), std::string::npos) << answer.err;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // sanitizers use far more memory than a line
TEST_F(PushTest, StdinDoesNotKeepAnOverlongLineInMemory) {
  constexpr int kLargestEnvelopeKb = 16 * 1024;
  const auto in = (folder / "in").string(), out = (folder / "out").string();
  const auto answer = shell("mkfifo " + in + "\n\"$0\" push --stdin --config=\"$1\" < " + in + " > " + out +
                            " 2>&1 & pusher=$!\nexec 9> " + in + R"(
      head -c 100000000 /dev/zero | tr '\0' x >&9
      printf '\n{"name":"noop","id":"second"}\n' >&9
      until grep -q second )" +
                            out + R"(; do sleep 0.05; done
      sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$pusher/status
      exec 9>&-; wait)");
  ASSERT_EQ(answer.lines().size(), 1u) << answer.out << answer.err;
  const auto mostKb = std::stol(answer.lines()[0]);
  RecordProperty("VmHWM_kB", static_cast<int>(mostKb));
  EXPECT_LT(mostKb, 4 * kLargestEnvelopeKb) << "peak memory for a line of 100 MB";
}
#endif

TEST_F(PushTest, StdinAcceptsTheEnvelopeOfARecord) {
  const auto id = push({"sleep", "seconds=2"});
  ASSERT_EQ(drain(), 0);
  const auto failed = info(id);
  EXPECT_NE(failed.at("respM").get<std::string>().find("push seconds:=2"), std::string::npos) << failed;
  const auto answer = leptir({"push", "--stdin"}, failed.at("envelope").get<std::string>() + "\n");
  EXPECT_EQ(answer.out, id + "\n") << answer.err;
}

TEST_F(PushTest, PushesNothingIfStandardOutputIsClosed) {
  const auto answer = shell("\"$0\" push noop --config=\"$1\" >&-");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_NE(answer.err.find("nothing was pushed"), std::string::npos) << answer.err;
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 0);
}

TEST_F(PushTest, ReportsAddedTasksWhoseIdsCannotBePrinted) {
  const auto answer = shell("\"$0\" push noop --id=mine --config=\"$1\" > /dev/full");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_NE(answer.err.find("added all the same: mine"), std::string::npos) << answer.err;
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1);
}

TEST_F(PushTest, SaysHowManyOfManyTasksWereAddedWhenTheIdsCannotBePrinted) {
  const auto answer = shell("\"$0\" push noop --number=3000 --config=\"$1\" > /dev/full");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_NE(answer.err.find("1000 of the 3000 tasks were added; push the others with --number=2000"), std::string::npos)
      << answer.err;
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1000);
}

TEST_F(PushTest, ReportsThatTheIdIsBuried) {
  config = writeConfig("{ tasks: { crash: { max_attempts: 1 } } }\n");
  push({"crash", "--id=mine"});
  ASSERT_EQ(drain(), 0);
  const auto isBuried = status().at("brokers").at(0).at("buried") == 1;
  ASSERT_TRUE(isBuried) << status();
  for (const auto& answer : {leptir({"push", "crash", "--id=mine"}),
                             leptir({"push", "--stdin"}, "{\"name\":\"crash\",\"id\":\"mine\"}\n")}) {
    EXPECT_EQ(answer.exit, 1);
    EXPECT_EQ(answer.out, "");
    EXPECT_NE(answer.err.find("task mine is buried"), std::string::npos) << answer.err;
  }
  const auto other =
      leptir({"push", "--stdin"}, "{\"name\":\"noop\",\"id\":\"other\"}\n{\"name\":\"noop\",\"id\":\"mine\"}\n");
  EXPECT_EQ(other.out, "other\n");
  EXPECT_NE(other.err.find("line 2: task mine is buried"), std::string::npos) << other.err;
}

TEST_F(PushTest, SuggestsTheWordThatWasProbablyMeant) {
  const auto why = [&](const std::vector<std::string>& arguments) {
    const auto answer = leptir(arguments);
    EXPECT_EQ(answer.exit, 2);
    return answer.err;
  };
  EXPECT_NE(why({"psh", "noop"}).find("no command 'psh': did you mean 'push'?"), std::string::npos);
  EXPECT_NE(why({"push", "noop", "--delay=5"}).find("'--delay': did you mean '--delaySeconds'?"), std::string::npos);
  EXPECT_NE(why({"push", "noop", "--delay", "5"}).find("did you mean '--delaySeconds'?"), std::string::npos);
  const auto pushed = leptir({"push", "slep"});
  EXPECT_EQ(pushed.exit, 0);
  EXPECT_NE(pushed.err.find("knows no task 'slep': did you mean 'sleep'?"), std::string::npos) << pushed.err;
  EXPECT_EQ(leptir({"push", "com.example.other"}).err, "");
}

TEST_F(PushTest, NamesTheConfiguredBrokersIfTheGivenOneIsUnknown) {
  const auto answer = leptir({"push", "noop", "--broker=nosuch"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_NE(answer.err.find("'nosuch'; configured: local"), std::string::npos) << answer.err;
}

TEST_F(PushTest, StdinRefusesOptionsThatAreInvalidForEveryLine) {
  for (const std::string option : {"--broker=nosuch", "--timeLimit=99999999999999"}) {
    for (const std::string lines : {"", "{\"name\":\"noop\"}\n"}) {
      const auto answer = leptir({"push", "--stdin", option}, lines);
      EXPECT_EQ(answer.exit, 1) << option;
      EXPECT_EQ(answer.out, "");
      EXPECT_NE(answer.err.find("the options of the command line, which apply to every line of stdin: "),
                std::string::npos)
          << answer.err;
    }
  }
  EXPECT_EQ(leptir({"push", "--stdin"}, "").exit, 0);
}

// Runs the program on a pseudo-terminal; returns what the terminal received, or nullopt if the machine has none.
std::optional<std::string> onATerminal(const std::vector<std::string>& arguments, const fs::path& input) {
  int terminal = -1;
  const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid < 0) return std::nullopt;
  if (pid == 0) {
    if (!::freopen(input.c_str(), "r", stdin)) ::_exit(126);
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  std::string shown(64 * 1024, '\0');
  std::size_t size = 0;
  for (ssize_t got = 0; (got = ::read(terminal, shown.data() + size, shown.size() - size)) > 0;) size += got;
  ::close(terminal);
  ::waitpid(pid, nullptr, 0);
  shown.resize(size);
  return shown;
}

TEST_F(PushTest, StdinShowsItsProgressOnATerminal) {
  const auto input = folder / "lines";
  std::ofstream lines(input);
  for (int i = 0; i < 2500; ++i) lines << "{\"name\":\"noop\"}\n";
  lines << "nonsense\n" << std::flush;
  const auto shown = onATerminal({program, "push", "--stdin", "--quiet", "--config=" + config.string()}, input);
  if (!shown) GTEST_SKIP() << "this machine gives no pseudo-terminal: " << std::strerror(errno);
  EXPECT_NE(shown->find("1000 pushed"), std::string::npos) << *shown;
  EXPECT_NE(shown->find("2500 pushed, 1 not"), std::string::npos) << *shown;
}

}  // namespace
}  // namespace leptir::e2e
