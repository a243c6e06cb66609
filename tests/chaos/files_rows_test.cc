// Rows P11, P20, P21 and P22 of docs/design.md: system calls that fail, files that others change, growth over many
// tasks.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <set>

#include "tests/chaos/fault_fixture.h"
#include "tests/chaos/processes.h"
#include "tests/support/folders.h"

namespace leptir::chaos {
namespace {

using namespace std::chrono_literals;
using e2e::eventually;

std::string textOf(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class Refusals : public FaultFixture {
 protected:
  // From now on programs run with the preloaded library of libfault.cc, which makes some calls fail.
  void refuse(const std::string& what) {
    ::setenv("LEPTIR_FAULT", what.c_str(), 1);
    ::setenv("LD_PRELOAD", (buildFolder() / "libfault.so").c_str(), 1);
  }
  static void refuseNothing() {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("LEPTIR_FAULT");
  }
  ~Refusals() override { refuseNothing(); }
};

LEPTIR_CHAOS_ROWS(Refusals);

TEST_P(Refusals, P11_OfForksAreRetried) {
  pushAndLog("work", 100, {{"ms", 5}});
  // The first fork is for the check of the stores; the next five are for the dispatcher and the workers.
  refuse("fork:2:5:EAGAIN");
  const auto instance = start();
  refuseNothing();
  const auto began = bootNsNow();
  ASSERT_TRUE(eventually([&] { return isDrained(); })) << instance->output();
  noteRecovery(msSince(began));
  EXPECT_LE(recoveries.back(), 5000);
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 0u);
}

TEST_P(Refusals, P11_OfDescriptorsAndMemoryEndAStartWithAnError) {
  pushAndLog("work", 1);
  for (const auto* what : {"eventfd:1:1000:EMFILE", "mmap:1:1000:ENOMEM", "memfd_create:1:1000:EMFILE"}) {
    refuse(what);
    const auto instance = start();
    const int exit = instance->waitForExit();
    refuseNothing();
    EXPECT_LT(exit, 128) << what << ": " << instance->output();
    EXPECT_NE(exit, 0) << what;
    EXPECT_FALSE(instance->output().empty()) << what;
    EXPECT_TRUE(allGone(2s)) << what;
  }
  finish();
  checkEvidence();
}

class Files : public FaultFixture {
 protected:
  // Runs `start` with these arguments to its end; returns exit status and output.
  std::pair<int, std::string> startAndEnd(std::vector<std::string> arguments) {
    const auto instance = start(std::move(arguments));
    const int exit = instance->waitForExit();
    return {exit, instance->output()};
  }
  std::set<std::string> workedIn(const std::vector<fs::path>& logs) const {
    std::set<std::string> ids;
    for (const auto& log : logs) {
      std::ifstream stream(log);
      for (std::string line; std::getline(stream, line);) {
        if (line.find("worked") == std::string::npos) continue;
        const auto close = line.find("](");  // of "[<id>](<name>) worked"
        const auto open = line.rfind('[', close);
        if (close != std::string::npos) ids.insert(line.substr(open + 1, close - open - 1));
      }
    }
    return ids;
  }
};

LEPTIR_CHAOS_ROWS(Files);

TEST_P(Files, P20_APidFileThatIsNoPlainFileIsRefused) {
  const auto victim = folder / "victim";
  std::ofstream(victim) << "precious\n";
  fs::create_symlink(victim, folder / "link.pid");
  ASSERT_EQ(::mkfifo((folder / "fifo.pid").c_str(), 0600), 0);
  for (const auto& file : {folder / "link.pid", folder / "fifo.pid", fs::path("/proc/leptir.pid")}) {
    const auto [exit, text] = startAndEnd({"--pid=" + file.string()});
    EXPECT_NE(exit, 0) << file << text;
    EXPECT_LT(exit, 128) << file << text;
    EXPECT_FALSE(text.empty()) << file;
    EXPECT_NE(leptir({"stop", "--pid=" + file.string()}).exit, 0) << file;
  }
  EXPECT_EQ(textOf(victim), "precious\n");
  EXPECT_TRUE(fs::is_symlink(folder / "link.pid"));
}

TEST_P(Files, P20_AProcessThatAStalePidFileNamesIsNotSignalled) {
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    ::execl("/bin/sleep", "sleep", "1000", nullptr);
    ::_exit(127);
  }
  const auto pidFile = folder / "stale.pid";
  std::ofstream(pidFile) << stranger << '\n';
  EXPECT_EQ(leptir({"stop", "--pid=" + pidFile.string()}).exit, 3);
  EXPECT_TRUE(isAlive(stranger));
  pushAndLog("work", 10);
  EXPECT_EQ(startAndEnd({"--drain", "--pid=" + pidFile.string()}).first, 0);
  EXPECT_TRUE(isAlive(stranger));
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, nullptr, 0);
  checkEvidence();
}

TEST_P(Files, P20_OfTwoStartsAtOnceExactlyOneRuns) {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<e2e::StartedInstance>> both;
    both.push_back(start());
    both.push_back(start());
    pid_t loser = 0;
    ASSERT_TRUE(eventually([&] {
      for (const auto& one : both) {
        if (!isAlive(one->pid())) loser = one->pid();
      }
      return loser != 0;
    }));
    for (const auto& one : both) {
      if (one->pid() == loser) {
        EXPECT_EQ(one->waitForExit(), 1);
      } else {
        waitUntilReady(*one);
        stop(*one);
      }
    }
  }
  EXPECT_TRUE(processesLeft().empty());
}

TEST_P(Files, P21_ALogThatIsRenamedAgainAndAgainLosesNoLine) {
  const auto log = folder / "leptir.log";
  const auto ids = pushAndLog("work", 800, {{"ms", 4}, {"log", 1}});
  const auto instance = startUntilReady();
  std::vector<fs::path> logs{log};
  while (!isDrained()) {
    logs.push_back(folder / ("leptir.log." + std::to_string(logs.size())));
    fs::rename(log, logs.back());
    instance->signal(SIGUSR1);
    EXPECT_TRUE(eventually([&] { return fs::exists(log); })) << "the master opens a new log file";
    pauseFor(50ms);
  }
  stop(*instance);
  EXPECT_GT(logs.size(), 5u);
  EXPECT_EQ(workedIn(logs).size(), ids.size());
  checkEvidence();
}

TEST_P(Files, P21_ALogThatIsTruncatedOrFullStopsNoTask) {
  const auto log = folder / "leptir.log";
  pushAndLog("work", 300, {{"ms", 4}, {"log", 1}});
  auto instance = startUntilReady();
  while (!isDrained()) {
    fs::resize_file(log, 0);
    pauseFor(20ms);
  }
  stop(*instance);
  struct stat info{};
  ASSERT_EQ(::stat(log.c_str(), &info), 0);
  EXPECT_LE(info.st_size, 1 << 20) << "no hole where the old text was";

  fs::remove(log);
  fs::create_symlink("/dev/full", log);
  pushAndLog("work", 100, {{"ms", 4}, {"log", 1}});
  instance = startUntilReady();
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  stop(*instance);
  checkEvidence();
}

class Soak : public FaultFixture {
 protected:
  Growth measure(const std::string& who, pid_t pid, long allowed) {
    return {who, descriptorsOf(pid), 0, privateKilobytesOf(pid), 0, allowed};
  }
  void measureAgain(Growth& growing, pid_t pid) {
    growing.descriptorsAfter = descriptorsOf(pid);
    growing.kilobytesAfter = privateKilobytesOf(pid);
  }
};

LEPTIR_CHAOS_ROWS(Soak);

TEST_P(Soak, P22_ManyTasksInReplacedWorkersLeakNothing) {
  set({.daemon = "max_tasks_per_worker: 500"});
  pushAndLog("work", 6'000, {{"ms", 0}});
  const auto instance = startUntilReady();
  const auto master = instance->pid(), dispatcher = dispatcherOf(master);
  ASSERT_TRUE(eventually([&] { return isDrained(); }));
  ASSERT_TRUE(eventually([&] { return workersOf(master).size() == 4; }));
  growth = {measure("the master", master, 2048), measure("the dispatcher", dispatcher, 10'240)};
  for (int batch = 0; batch < 4; ++batch) {
    pushAndLog("work", 5'000, {{"ms", 0}});
    ASSERT_TRUE(eventually([&] { return isDrained(); }));
  }
  ASSERT_TRUE(eventually([&] {
    measureAgain(growth[0], master);
    measureAgain(growth[1], dispatcher);
    const auto children = childrenOf(master);
    const bool settled = growth[0].descriptorsAfter <= growth[0].descriptorsBefore &&
                         growth[1].descriptorsAfter <= growth[1].descriptorsBefore;
    return settled && std::ranges::none_of(children, [](const auto& child) { return child.state == 'Z'; });
  })) << "no zombies, no descriptors: "
      << growth[0].descriptorsBefore << ' ' << growth[0].descriptorsAfter << ", " << growth[1].descriptorsBefore << ' '
      << growth[1].descriptorsAfter;
  EXPECT_EQ(dispatcherOf(master), dispatcher);
  stop(*instance);
  EXPECT_EQ(checkEvidence().duplicates, 0u);
}

}  // namespace
}  // namespace leptir::chaos
