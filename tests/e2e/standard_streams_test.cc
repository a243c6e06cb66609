// The standard streams of an instance and descriptors that it inherits: readers that stop reading, closed streams,
// locks of the caller.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "src/base/unique_fd.h"
#include "tests/e2e/ledger.h"

namespace leptir::e2e {
namespace {

class StandardStreamsTest : public Ledger {
 protected:
  // Runs `leptir start` in a child, which calls `prepare` before the exec.
  std::unique_ptr<StartedInstance> startAfter(const std::function<void()>& prepare,
                                              std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{program, "start", "--config=" + config.string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const pid_t pid = ::fork();
    if (pid == 0) {
      prepare();
      std::vector<char*> argv;
      for (auto& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    return std::make_unique<StartedInstance>(pid, folder / "none");
  }

  // Makes stdout the only logger. fillTheLog() causes more lines than a pipe or terminal holds.
  void logToStdout() {
    auto yaml = defaultYaml();
    yaml.erase(yaml.find("    logfile:"), yaml.find("    stdoutlog:") - yaml.find("    logfile:"));
    writeConfig(yaml);
  }
  void fillTheLog() { leptir({"push", "noop", "--number=3000", "--quiet"}); }
  bool isEveryNoopDone() {
    return eventually([&] { return done() >= 3000; });
  }
};

TEST_F(StandardStreamsTest, AReaderOfStdoutThatStopsReadingDelaysNeitherATimeLimitNorAStop) {
  logToStdout();
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const base::UniqueFd from(pipe[0]);
  fillTheLog();
  const auto instance = startAfter([&] { ::dup2(pipe[1], STDOUT_FILENO); });
  ::close(pipe[1]);
  EXPECT_TRUE(isEveryNoopDone());
  const auto id = push({"sleep", "seconds:=600", "--timeLimit=1"});
  EXPECT_TRUE(eventually([&] { return info(id).value("cause", "") == "timed_out"; }));
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(StandardStreamsTest, ATerminalStoppedWithCtrlSDelaysNeitherTasksNorAStop) {
  logToStdout();
  const base::UniqueFd terminal(::posix_openpt(O_RDWR | O_NOCTTY));
  if (!terminal || ::grantpt(terminal.get()) != 0 || ::unlockpt(terminal.get()) != 0)
    GTEST_SKIP() << "this machine has no pseudo-terminals";
  const base::UniqueFd screen(::open(::ptsname(terminal.get()), O_RDWR | O_NOCTTY));
  ASSERT_EQ(::tcflow(screen.get(), TCOOFF), 0);  // Ctrl-S
  fillTheLog();
  const auto instance = startAfter([&] {
    for (const int stream : {0, 1, 2}) ::dup2(screen.get(), stream);
  });
  EXPECT_TRUE(isEveryNoopDone());
  EXPECT_EQ(::fcntl(screen.get(), F_GETFL) & O_NONBLOCK, 0) << "the shell uses this terminal too";
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(StandardStreamsTest, ClosedStandardStreamsDoNotBecomeOtherFiles) {
  const auto instance = startAfter([] {
    for (const int stream : {0, 1, 2}) ::close(stream);
  });
  waitUntilRunning();
  EXPECT_EQ(leptir({"start"}).exit, 1) << "the pid file is still locked";
  for (const auto& entry : fs::recursive_directory_iterator(folder / "state")) {
    if (entry.path().extension() != ".pid") continue;
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(text, std::to_string(instance->pid())) << "no log line was written into it";
  }
  instance->signal(SIGTERM);
  EXPECT_EQ(instance->waitForExit(), 0);
}

TEST_F(StandardStreamsTest, ADaemonClosesTheDescriptorsOfItsCaller) {
  const auto file = folder / "callers.lock";
  base::UniqueFd lock(::open(file.c_str(), O_RDWR | O_CREAT, 0600));
  ASSERT_EQ(::flock(lock.get(), LOCK_EX), 0);
  EXPECT_EQ(startAfter([] {}, {"--daemon"})->waitForExit(), 0);
  lock = base::UniqueFd();
  const base::UniqueFd another(::open(file.c_str(), O_RDWR));
  EXPECT_EQ(::flock(another.get(), LOCK_EX | LOCK_NB), 0) << "the daemon still holds it";
  EXPECT_EQ(leptir({"stop"}).exit, 0);
}

TEST_F(StandardStreamsTest, DroppedLogLinesAreCountedOnStderr) {
  logToStdout();
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const base::UniqueFd from(pipe[0]);
  const auto err = folder / "err";
  fillTheLog();
  const auto instance = startAfter(
      [&] {
        ::dup2(pipe[1], STDOUT_FILENO);
        ::dup2(::open(err.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
      },
      {"--drain"});
  ::close(pipe[1]);
  EXPECT_EQ(instance->waitForExit(), 0);
  std::ifstream said(err);
  const std::string text{std::istreambuf_iterator<char>(said), {}};
  EXPECT_NE(text.find(" log lines were dropped: the reader of stdout was too slow"), std::string::npos) << text;
}

}  // namespace
}  // namespace leptir::e2e
