// Instances that are started with a controlling terminal, or as PID 1 of a PID namespace.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>

#include "src/base/unique_fd.h"
#include "tests/e2e/installation.h"
#include "tests/e2e/silent_store.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"

namespace leptir::e2e {
namespace {

using ::testing::HasSubstr;

// --- a terminal

class TerminalTest : public Installation {
 protected:
  TerminalTest() : terminal_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    isThere_ = terminal_ && ::grantpt(terminal_.get()) == 0 && ::unlockpt(terminal_.get()) == 0;
    if (isThere_) screen_ = base::UniqueFd(::open(::ptsname(terminal_.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }

  // Starts leptir in a new session with this controlling terminal, as a shell starts a foreground process.
  std::unique_ptr<StartedInstance> startInTheForeground() {
    const pid_t pid = startChild([this] {
      ::setsid();
      if (::ioctl(screen_.get(), TIOCSCTTY, 0) != 0) return false;
      for (const int stream : {0, 1, 2}) ::dup2(screen_.get(), stream);
      const auto chosen = "--config=" + config.string();
      ::execl(program.c_str(), program.c_str(), "start", chosen.c_str(), "--drain", nullptr);
      return false;
    });
    return std::make_unique<StartedInstance>(pid, folder / "none");
  }

  base::UniqueFd terminal_, screen_;
  bool isThere_ = false;
};

TEST_F(TerminalTest, AProgramThatReadsFromTheTerminalFailsAtOnce) {
  if (!isThere_) GTEST_SKIP() << "this machine has no pseudo-terminals";
  writeConfig(defaultYaml("  tasks: { ask: { command: [/bin/sh, -c, 'read answer < /dev/tty'] } }\n"));
  const auto id = push({"ask", "--timeLimit=600", "--maxAttempts=1"});
  EXPECT_EQ(startInTheForeground()->waitForExit(), 0);
  const auto record = info(id);
  EXPECT_EQ(record.value("cause", ""), "finished") << "the program was not ended at its time limit: " << record.dump();
  EXPECT_NE(record.value("retC", 1), 1) << record.dump();
  EXPECT_THAT(record.dump(), HasSubstr("/dev/tty"));
}

// --- PID 1, as in a container

class PidOneTest : public Installation {
 protected:
  // From now on runs leptir as PID 1 of a new PID namespace. Returns false if the machine does not allow that.
  bool becomePidOne() {
    if (std::system("unshare --pid --fork --kill-child --mount-proc true 2>/dev/null") != 0) return false;
    const auto script = folder / "alone";
    std::ofstream(script) << "#!/bin/sh\nexec unshare --pid --fork --kill-child --mount-proc " << program
                          << " \"$@\"\n";
    fs::permissions(script, fs::perms::owner_all);
    program = script;
    return true;
  }
  // The pid that the PID 1 of the new namespace has here; 0: it has not started yet.
  static pid_t pidOneOf(const StartedInstance& unshare) {
    const auto pid = std::to_string(unshare.pid());
    std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
    pid_t child = 0;
    children >> child;
    return child;
  }
  bool holdsItsPidFile() const {
    std::error_code notYet;
    for (const auto& entry : fs::directory_iterator(folder / "state/leptir", notYet)) {
      if (entry.path().extension() == ".pid" && readWholeFile(entry.path()) == "1") return true;
    }
    return false;
  }
};

constexpr auto kNoNamespace = "this machine lets only root (and not in every container) make a PID namespace";

TEST_F(PidOneTest, EndsOnTermWhileItStillChecksItsStores) {
  if (!becomePidOne()) GTEST_SKIP() << kNoNamespace;
  const SilentStore store;
  writeConfig("brokers: [ { type: redis, connection: { host: 127.0.0.1, port: " + store.port() + " } } ]\n");
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return holdsItsPidFile(); })) << instance->output();
  const auto sent = std::chrono::steady_clock::now();
  ASSERT_EQ(::kill(pidOneOf(*instance), SIGTERM), 0);
  EXPECT_EQ(instance->waitForExit(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::seconds(60));
  EXPECT_THAT(instance->output(), HasSubstr("stopped by a signal while it checked its stores"));
}

TEST_F(PidOneTest, EndsOnTermWhileItRuns) {
  if (!becomePidOne()) GTEST_SKIP() << kNoNamespace;
  const auto id = push({"noop"});
  const auto instance = start();
  ASSERT_TRUE(eventually([&] { return hasSucceeded(id); })) << instance->output();
  ASSERT_EQ(::kill(pidOneOf(*instance), SIGTERM), 0);
  EXPECT_EQ(instance->waitForExit(), 0);
}

}  // namespace
}  // namespace leptir::e2e
