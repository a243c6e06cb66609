// leptir status --watch on a terminal and elsewhere.
#include <gmock/gmock.h>
#include <signal.h>

#include <fstream>

#include "tests/e2e/installation.h"
#include "tests/top/tmux.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

class StatusWatchTest : public Installation {
 protected:
  std::string watch(const std::string& more = "") {
    return program + " status --watch=0.2 --config=" + config.string() + " " + more;
  }
  std::string written() const {
    std::ifstream stream(folder / "out");
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static std::size_t countIn(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
    return count;
  }
};

TEST_F(StatusWatchTest, StaysInPlaceOnATerminalAndGoesOnWithoutTheInstance) {
  if (!Tmux::isThere()) GTEST_SKIP() << "tmux is not installed";
  Tmux screen(80, 24);
  auto instance = start();
  waitUntilRunning();
  screen.command("clear; " + watch() + "; echo ended $?");
  ASSERT_TRUE(screen.waitFor("running as")) << screen.screen();
  push({"noop"});
  ASSERT_TRUE(screen.waitFor("1 tasks done")) << screen.screen();
  EXPECT_EQ(countIn(screen.screen(), "running as"), 1u) << screen.screen();
  instance->signal(SIGTERM);
  instance->waitForExit();
  ASSERT_TRUE(screen.waitFor("not running")) << screen.screen();
  instance = start();
  ASSERT_TRUE(screen.waitFor("running as")) << screen.screen();
  screen.press("C-c");
  EXPECT_TRUE(screen.waitFor("ended 0")) << screen.screen();
}

TEST_F(StatusWatchTest, GoesOnWhileTheStoreIsAwayAndShowsItAgain) {
  push({"noop", "--delaySeconds=3600"});
  const auto database = folder / "leptir.db", away = folder / "away.db";
  const auto shell = "timeout 60 " + watch() + " > " + (folder / "out").string() + " 2>&1 & echo $!";
  auto* pipe = ::popen(shell.c_str(), "r");
  int pid = 0;
  ASSERT_EQ(std::fscanf(pipe, "%d", &pid), 1);
  const auto blocks = [&](const std::string& part) { return countIn(written(), part); };
  EXPECT_TRUE(eventually([&] { return blocks("local ") >= 2; })) << written();
  fs::rename(database, away);
  std::ofstream(database) << std::string(10'000, 'x');  // no database
  const auto before = blocks("not running");
  EXPECT_TRUE(eventually([&] { return blocks("not a database") >= 2; })) << written();
  EXPECT_GT(blocks("not running"), before) << "the rest is shown all the same";
  fs::rename(away, database);
  const auto failures = blocks("not a database");
  EXPECT_TRUE(eventually([&] { return written().rfind("local ") > written().rfind("not a database"); })) << written();
  EXPECT_LE(blocks("not a database"), failures + 2);
  ::kill(pid, SIGTERM);
  ::pclose(pipe);
}

TEST_F(StatusWatchTest, AScreenThatIsTooSmallShowsHowMuchIsLeftOut) {
  if (!Tmux::isThere()) GTEST_SKIP() << "tmux is not installed";
  const auto instance = start();
  waitUntilRunning();
  Tmux screen(40, 6);
  screen.command("clear; " + watch());
  EXPECT_TRUE(screen.waitFor("lines more")) << screen.screen();
  EXPECT_THAT(screen.screen(), HasSubstr(" UTC: "));
}

TEST_F(StatusWatchTest, PrintsOneBlockAfterTheOtherIntoAPipeAndJsonAsLines) {
  for (const auto* more : {"", "--json"}) {
    const auto shell = "timeout 60 " + watch(more) + " > " + (folder / "out").string() + " & echo $!";
    auto* pipe = ::popen(shell.c_str(), "r");
    int pid = 0;
    ASSERT_EQ(std::fscanf(pipe, "%d", &pid), 1);
    const auto part = *more == '\0' ? std::string("UTC: not running") : std::string("\"instance\":null");
    EXPECT_TRUE(eventually([&] { return countIn(written(), part) >= 3; })) << written();
    ::kill(pid, SIGTERM);  // (a shell lets its background processes ignore INT)
    ::pclose(pipe);
    EXPECT_EQ(written().find('\x1b'), std::string::npos);
    if (*more == '\0') continue;
    std::ifstream lines(folder / "out");
    std::string line;
    while (std::getline(lines, line)) EXPECT_TRUE(parseJson(line)) << line;
  }
}

TEST_F(StatusWatchTest, RefusesAnIntervalOfNothing) {
  EXPECT_EQ(leptir({"status", "--watch=0"}).exit, 2);
  EXPECT_EQ(leptir({"status", "--watch=often"}).exit, 2);
  EXPECT_EQ(leptir({"status", "--watch", "--ready"}).exit, 2);
}

}  // namespace
}  // namespace leptir::e2e
