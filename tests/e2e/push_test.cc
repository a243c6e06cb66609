// leptir push: what it takes, what it refuses, what it prints.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <optional>
#include <set>

#include "tests/e2e/installation.h"

namespace leptir::e2e {
namespace {

using PushTest = Installation;

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

TEST_F(PushTest, TakesParametersAsTextAndAsJson) {
  const auto id = push({"sleep", "seconds:=0", "note=hello world", "--json={\"deep\": {\"list\": [1, 2.0]}}"});
  ASSERT_EQ(drain(), 0);
  EXPECT_EQ(info(id).at("retC"), 1);
}

TEST_F(PushTest, OfAnIdThatIsInTheQueueAddsNothing) {
  EXPECT_EQ(push({"noop", "--id=mine"}), "mine");
  EXPECT_EQ(push({"noop", "--id=mine"}), "mine");
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 1);
}

TEST_F(PushTest, RefusesWhatExcludesEachOther) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"push", "noop", "--id=a", "--number=2"},
                                             {"push", "noop", "--at=2026-11-23T18:00:00Z", "--delaySeconds=3"},
                                             {"push"},
                                             {"push", "noop", "--at=tomorrow"},
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

TEST_F(PushTest, StdinPushesTheGoodLinesAndNamesTheBadOnes) {
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

TEST_F(PushTest, StdinKeepsTheOthersWhenTheStoreRefusesOne) {
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

TEST_F(PushTest, StdinTakesManyLinesInBatches) {
  std::string lines;
  for (int i = 0; i < 2500; ++i) lines += "{\"name\":\"noop\"}\n";
  EXPECT_EQ(leptir({"push", "--stdin", "--quiet"}, lines).exit, 0);
  EXPECT_EQ(status().at("brokers").at(0).at("due"), 2500);
}

TEST_F(PushTest, StdinRefusesNumbersThatMeanNothing) {
  const auto answer = leptir({"push", "--stdin"},
                             "{\"name\": \"noop\", \"delaySeconds\": 1e300}\n"
                             "{\"name\": \"noop\", \"priority\": 18446744073709551615}\n"
                             "{\"name\": \"noop\", \"timeLimit\": 18446744073709551615}\n"
                             "{\"name\": \"noop\", \"at\": 1e300}\n");
  EXPECT_EQ(answer.exit, 1);
  EXPECT_EQ(answer.out, "");
  for (const auto* words : {"line 1: 'delaySeconds'", "line 2: 'priority'", "line 3: 'timeLimit'", "line 4: '1e+300'"})
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

TEST_F(PushTest, NamesTheBrokersThatThereAre) {
  const auto answer = leptir({"push", "noop", "--broker=nosuch"});
  EXPECT_EQ(answer.exit, 1);
  EXPECT_NE(answer.err.find("'nosuch': there are local"), std::string::npos) << answer.err;
}

// Runs the program with its output on a terminal and answers what the terminal got; none where no terminal can be made.
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
