// leptir top in a terminal: keys are sent, and the screen is compared.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>
#include <optional>

#include "tests/e2e/installation.h"
#include "tests/top/tmux.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class TopTest : public Installation {
 protected:
  void SetUp() override {
    if (!Tmux::isThere()) GTEST_SKIP() << "tmux is not installed";
  }

  Tmux& terminal(int columns = 80, int rows = 24, const std::vector<std::string>& environment = {}) {
    if (!tmux_) tmux_.emplace(columns, rows, environment);
    return *tmux_;
  }
  // Starts top in the terminal, and waits until it has shown the queue.
  Tmux& top(int columns = 80, int rows = 24, const std::vector<std::string>& environment = {}) {
    auto& screen = terminal(columns, rows, environment);
    screen.command("stty -g > " + file("before") + "; echo $$ > " + file("shell"));
    const auto line =
        program + " top --interval=0.5 --config=" + config.string() + "; echo ended $?; stty -g > " + file("after");
    screen.command(runsInScript_ ? "clear; sh -c '" + line + "'" : "clear; " + line);
    EXPECT_TRUE(screen.waitFor("leptir top")) << screen.screen();
    EXPECT_TRUE(screen.waitFor("local")) << screen.screen();
    return screen;
  }
  std::string file(const std::string& name) const { return (folder / name).string(); }
  static std::string contentOf(const std::string& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  // An interactive shell repairs the modes of its terminal when a process was killed; a script does not.
  void runInScript() { runsInScript_ = true; }
  static pid_t childOf(pid_t parent) {
    const auto pid = std::to_string(parent);
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    pid_t child = 0;
    children >> child;
    return child;
  }
  pid_t pidOfTop() const {
    const auto child = childOf(std::stoi(contentOf(file("shell"))));
    return runsInScript_ ? childOf(child) : child;
  }
  // Also one that its parent has not waited for yet.
  static bool hasEnded(pid_t pid) {
    const auto stat = contentOf("/proc/" + std::to_string(pid) + "/stat");
    return stat.empty() || stat.find(") Z") != std::string::npos;
  }
  // The shell has the terminal back, in the modes of before, and on its own screen.
  void expectRestored(Tmux& screen, const std::string& ended) {
    EXPECT_TRUE(screen.waitFor(ended)) << screen.screen();
    EXPECT_TRUE(eventually([&] { return !contentOf(file("after")).empty(); }));
    EXPECT_EQ(contentOf(file("after")), contentOf(file("before"))) << "stty -g";
    EXPECT_FALSE(screen.isOnAlternateScreen());
  }

 private:
  std::optional<Tmux> tmux_;
  bool runsInScript_ = false;
};

TEST_F(TopTest, ShowsRunningTasksAndCancelsOneAfterAConfirmation) {
  const auto instance = start();
  const auto id = push({"sleep", "seconds:=600"});
  auto& screen = top();
  ASSERT_TRUE(screen.waitFor("running 1")) << screen.screen();
  EXPECT_THAT(screen.screen(), HasSubstr("sleep"));
  EXPECT_THAT(screen.screen(), HasSubstr("1/2 busy"));
  screen.type("c");
  ASSERT_TRUE(screen.waitFor("Cancel sleep " + id.substr(0, 12))) << screen.screen();
  screen.type("n");
  ASSERT_TRUE(screen.waitFor("Nothing was done.")) << screen.screen();
  screen.type("cy");
  EXPECT_TRUE(screen.waitFor("is asked to end it")) << screen.screen();
  EXPECT_TRUE(screen.waitFor("running 0")) << screen.screen();
  EXPECT_TRUE(screen.waitFor("cancelled")) << "the task is among the failures, with its cause";
  screen.type("q");
  expectRestored(screen, "ended 0");
}

TEST_F(TopTest, LooksIntoAFailedTaskAndRevivesIt) {
  const auto id = push({"fail", "--maxAttempts=2", "--id=order-17"});
  ASSERT_EQ(drain(), 0);
  auto& screen = top(120, 40);
  ASSERT_TRUE(screen.waitFor("order-17")) << screen.screen();
  EXPECT_THAT(screen.screen(), HasSubstr("1 buried"));
  screen.press("Tab");
  screen.press("Enter");
  ASSERT_TRUE(screen.waitFor("task fail order-17: record")) << screen.screen();
  ASSERT_TRUE(screen.waitFor("attempt")) << screen.screen();
  EXPECT_THAT(screen.screen(), HasSubstr("buried"));
  screen.type("r");
  ASSERT_TRUE(screen.waitFor("Revive fail order-17? y/n")) << screen.screen();
  screen.type("y");
  ASSERT_TRUE(screen.waitFor("fail order-17 is due again, with all counters zero.")) << screen.screen();
  screen.press("Escape");
  EXPECT_TRUE(screen.waitFor("1 due")) << screen.screen();
  EXPECT_EQ(leptir({"queues", "--json"}).json().at("queues").at(0).at("due"), 1);
}

TEST_F(TopTest, ShowsTheLogAndTheStackOfARunningTask) {
  config = writeConfig(defaultYaml(
      "  tasks: { report: { command: [/bin/sh, -c, \"echo waits for the ledger >&2; exec sleep 600\"] } }\n"));
  const auto instance = start();
  push({"report", "--id=report-1"});
  auto& screen = top(120, 40);
  ASSERT_TRUE(screen.waitFor("running 1")) << screen.screen();
  screen.press("Enter");
  ASSERT_TRUE(screen.waitFor("task report report-1: record")) << screen.screen();
  screen.type("l");
  EXPECT_TRUE(screen.waitFor("waits for the ledger")) << screen.screen();
  screen.type("t");
  EXPECT_TRUE(screen.waitFor("nanosleep")) << screen.screen();
}

TEST_F(TopTest, FiltersAndSortsRows) {
  const auto instance = start();
  push({"sleep", "seconds:=600", "--id=aaa"});
  push({"sleep", "seconds:=600", "--id=bbb"});
  auto& screen = top(120, 40);
  ASSERT_TRUE(screen.waitFor("running 2")) << screen.screen();
  screen.type("/bbb");
  ASSERT_TRUE(screen.waitFor("running 1")) << screen.screen();
  EXPECT_THAT(screen.screen(), Not(HasSubstr("aaa ")));
  screen.press("Enter");
  screen.press("Escape");
  ASSERT_TRUE(screen.waitFor("running 2")) << screen.screen();
  screen.type("s");
  ASSERT_TRUE(screen.waitFor("running 2↓")) << screen.screen();
  screen.type("S");
  ASSERT_TRUE(screen.waitFor("running 2↑")) << screen.screen();
  const auto text = screen.screen();
  EXPECT_LT(text.find("bbb"), text.find("aaa"));
}

TEST_F(TopTest, PausesAndResumesAQueue) {
  push({"noop"});
  auto& screen = top();
  screen.press("BTab");
  screen.type("p");
  ASSERT_TRUE(screen.waitFor("Pause the queue of broker local? y/n")) << screen.screen();
  screen.type("y");
  ASSERT_TRUE(screen.waitFor("Paused the queue of broker local.")) << screen.screen();
  ASSERT_TRUE(screen.waitFor("paused")) << screen.screen();
  EXPECT_EQ(leptir({"queues", "--json"}).json().at("queues").at(0).at("paused"), true);
  EXPECT_TRUE(eventually([&] {
    screen.type("p");
    return screen.waitFor("Resume the queue of broker local? y/n");
  }));
  screen.type("y");
  ASSERT_TRUE(screen.waitFor("Resumed the queue of broker local.")) << screen.screen();
  EXPECT_EQ(leptir({"queues", "--json"}).json().at("queues").at(0).at("paused"), false);
}

TEST_F(TopTest, ListsTheTasksOfAQueueByState) {
  push({"noop", "--id=now-1"});
  push({"noop", "--id=later-1", "--delaySeconds=3600"});
  auto& screen = top();
  screen.press("BTab");
  screen.press("Enter");
  ASSERT_TRUE(screen.waitFor("due tasks of queue local, page 1")) << screen.screen();
  ASSERT_TRUE(screen.waitFor("now-1")) << screen.screen();
  screen.press("Tab");
  ASSERT_TRUE(screen.waitFor("scheduled tasks of queue local, page 1")) << screen.screen();
  ASSERT_TRUE(screen.waitFor("later-1")) << screen.screen();
  screen.type("ny");
  ASSERT_TRUE(screen.waitFor("noop later-1 is due now.")) << screen.screen();
}

TEST_F(TopTest, DrainsAnInstanceAndResumesIt) {
  const auto instance = start();
  auto& screen = top(120, 40);
  ASSERT_TRUE(screen.waitFor("1 instance ")) << screen.screen();
  screen.type("i");
  ASSERT_TRUE(screen.waitFor("running")) << screen.screen();
  screen.type("D");
  ASSERT_TRUE(screen.waitFor("Drain instance ")) << screen.screen();
  screen.type("y");
  ASSERT_TRUE(screen.waitFor("is told to begin no task more.")) << screen.screen();
  ASSERT_TRUE(screen.waitFor("drained")) << screen.screen();
  screen.type("Dy");
  ASSERT_TRUE(screen.waitFor("is told to begin tasks again.")) << screen.screen();
  EXPECT_TRUE(screen.waitUntilGone("drained")) << screen.screen();
}

TEST_F(TopTest, FollowsTheSizeOfTheTerminal) {
  auto& screen = top();
  ASSERT_TRUE(screen.waitFor("? help")) << screen.screen();
  for (const auto& [columns, rows] : {std::pair{120, 40}, {20, 5}, {200, 60}, {80, 24}}) {
    screen.resize(columns, rows);
    const auto height = static_cast<std::size_t>(rows);
    EXPECT_TRUE(eventually([&] {
      const auto lines = screen.lines();
      return lines.size() >= height && lines[height - 1].starts_with("? help") && lines[0].starts_with("leptir top");
    })) << screen.screen();
  }
  screen.type("q");
  expectRestored(screen, "ended 0");
}

TEST_F(TopTest, CtrlCEndsItAndGivesTheTerminalBack) {
  auto& screen = top();
  EXPECT_TRUE(screen.isOnAlternateScreen());
  screen.press("C-c");
  expectRestored(screen, "ended 0");
}

TEST_F(TopTest, TermGivesTheTerminalBackAndEndsTheProcessByTheSignal) {
  runInScript();
  auto& screen = top();
  ASSERT_EQ(::kill(pidOfTop(), SIGTERM), 0);
  expectRestored(screen, "ended 143");
}

TEST_F(TopTest, ACrashGivesTheTerminalBack) {
  runInScript();
  auto& screen = top(80, 24, {"ulimit -c 0"});
  ASSERT_EQ(::kill(pidOfTop(), SIGSEGV), 0);
  expectRestored(screen, "ended 139");
}

TEST_F(TopTest, CtrlZGivesTheTerminalToTheShellAndFgGoesOn) {
  auto& screen = top();
  screen.press("C-z");
  ASSERT_TRUE(screen.waitFor("Stopped")) << screen.screen();
  EXPECT_FALSE(screen.isOnAlternateScreen());
  screen.command("fg");
  ASSERT_TRUE(screen.waitFor("? help")) << screen.screen();
  EXPECT_TRUE(screen.isOnAlternateScreen());
  screen.type("?");
  EXPECT_TRUE(screen.waitFor("Shift-Tab")) << screen.screen();
  screen.type("q");
  EXPECT_TRUE(eventually([&] { return !screen.isOnAlternateScreen(); }));
}

TEST_F(TopTest, GoesOnAfterAStopThatItCouldNotSee) {
  auto& screen = top();
  const auto pid = pidOfTop();
  ASSERT_EQ(::kill(pid, SIGSTOP), 0);
  ASSERT_TRUE(screen.waitFor("Stopped")) << screen.screen();
  screen.command("fg");
  ASSERT_TRUE(screen.waitFor("? help")) << screen.screen();
  screen.type("?");
  ASSERT_TRUE(screen.waitFor("Shift-Tab")) << "keys work: " << screen.screen();
  screen.type("q");
  EXPECT_TRUE(eventually([&] { return !screen.isOnAlternateScreen(); }));
}

TEST_F(TopTest, EndsWithItsTerminal) {
  auto& screen = top();
  const auto pid = pidOfTop();
  ASSERT_GT(pid, 0);
  screen.close();
  EXPECT_TRUE(eventually([&] { return hasEnded(pid); }));
}

TEST_F(TopTest, WithoutATerminalItNamesWhatElseThereIs) {
  const auto result = leptir({"top"});
  EXPECT_EQ(result.exit, 2);
  EXPECT_THAT(result.err, HasSubstr("standard output is no terminal"));
  EXPECT_THAT(result.err, HasSubstr("status --watch"));
}

TEST_F(TopTest, ATerminalOfAnUnknownOrDumbTypeIsRefusedInWords) {
  auto& screen = terminal(120, 24);
  screen.command("TERM=nonsense " + program + " top --config=" + config.string() + "; echo ended $?");
  ASSERT_TRUE(screen.waitFor("ended 2")) << screen.screen();
  EXPECT_THAT(screen.screen(), HasSubstr("'nonsense' (TERM) is unknown"));
  screen.command("clear; TERM=dumb " + program + " top --config=" + config.string() + "; echo ended $?");
  ASSERT_TRUE(screen.waitFor("cannot move the cursor")) << screen.screen();
  ASSERT_TRUE(screen.waitFor("ended 2")) << screen.screen();
}

TEST_F(TopTest, ALocaleWithoutUtf8GetsAscii) {
  auto& screen = top(80, 24, {"export LC_ALL=C"});
  screen.type("s");
  ASSERT_TRUE(screen.waitFor("running 0v")) << screen.screen();
  for (const char c : screen.screen()) EXPECT_TRUE(c == '\n' || (c >= 32 && c < 127)) << static_cast<int>(c);
}

TEST_F(TopTest, ReportsAConfigurationThatIsWrong) {
  writeConfig("leptir: { brokers: [ { type: nonsense } ] }\n");
  EXPECT_EQ(leptir({"top"}).exit, 78);
}

}  // namespace
}  // namespace leptir::e2e
