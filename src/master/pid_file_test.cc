#include "master/pid_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "master/process_handle.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir::master {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class PidFileTest : public ::testing::Test {
 protected:
  ~PidFileTest() override {
    if (child > 0) ::kill(child, SIGKILL), ::waitpid(child, nullptr, 0);
  }

  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  // Another process that holds the file until it gets a signal.
  void holdInAnotherProcess() {
    child = ::fork();
    if (child == 0) {
      const auto held = PidFile::take(file);
      if (held) ::pause();
      ::_exit(1);
    }
    ASSERT_TRUE(waitUntil([&] { return pidFileHolder(file).value() == child; }));
  }

  static Result<std::optional<ProcessHandle>> holderOf(const fs::path& path) {
    return ProcessHandle::find([&path] { return pidFileHolder(path); });
  }

  TempDir folder;
  const fs::path file = folder / "leptir.pid";
  pid_t child = 0;
};

TEST_F(PidFileTest, ContainsTheProcessNumberWithoutALineFeed) {
  const auto held = PidFile::take(file);
  ASSERT_TRUE(held) << held.error().message();
  EXPECT_EQ(readWholeFile(file), std::to_string(::getpid()));
  EXPECT_EQ(pidFileHolder(file).value(), ::getpid());
}

TEST_F(PidFileTest, IsReadableOnlyByItsOwnerSoThatNoOtherUserCanLockIt) {
  const Umask umask(0);
  ASSERT_TRUE(PidFile::take(file));
  EXPECT_EQ(modeOf(file), 0600u);
  ::chmod(file.c_str(), 0644);
  ASSERT_TRUE(PidFile::take(file));
  EXPECT_EQ(modeOf(file), 0600u) << "that of an earlier version is changed";
}

TEST_F(PidFileTest, OfAnotherUserIsRefusedWithTheOwnerAndTheOptionForAnotherPlace) {
  LEPTIR_NEEDS_ROOT();
  write(file, "1");
  ::chmod(file.c_str(), 0600);
  ::chmod(folder.path().c_str(), 0755);
  giveTo(54321, file);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto error = PidFile::take(file).error().message();
    return error.find("(it belongs to user 54321): name another place with --pid, or set XDG_STATE_HOME") !=
           std::string::npos;
  }));
}

TEST_F(PidFileTest, OfAnotherUserGivesAReaderNoAdviceToNameAnotherPlace) {
  LEPTIR_NEEDS_ROOT();
  const auto held = PidFile::take(file);
  ::chmod(folder.path().c_str(), 0755);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto error = holderOf(file).error().message();
    return error.ends_with("permission denied (it belongs to user root): run this as its owner, or as root");
  }));
}

TEST_F(PidFileTest, IsTakenByOneProcessOnly) {
  holdInAnotherProcess();
  const auto refused = PidFile::take(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Lost);
  EXPECT_EQ(readWholeFile(file), std::to_string(child)) << "untouched";
}

TEST_F(PidFileTest, IsFreeOnceItsHolderWasKilledWhateverItContains) {
  holdInAnotherProcess();
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  child = 0;
  EXPECT_EQ(pidFileHolder(file).value(), std::nullopt);
  EXPECT_FALSE(holderOf(file).value());
  EXPECT_TRUE(PidFile::take(file));
}

TEST_F(PidFileTest, IsNotHeldByAnotherProcessThatHasItsNumber) {
  write(file, "1");
  EXPECT_EQ(pidFileHolder(file).value(), std::nullopt);
  EXPECT_FALSE(holderOf(file).value());
  EXPECT_TRUE(PidFile::take(file));
}

TEST_F(PidFileTest, NamesNoHolderWhileItContainsTheNumberOfAnotherProcess) {
  auto held = std::move(*PidFile::take(file));
  write(file, "1");
  EXPECT_FALSE(pidFileHolder(file));
  EXPECT_FALSE(holderOf(file));
}

TEST_F(PidFileTest, LosesItsLockWithItsHolderWhenTheChildHasClosedIt) {
  auto held = std::make_optional(std::move(*PidFile::take(file)));
  child = ::fork();
  if (child == 0) {
    held->closeInChild();
    ::pause();
  }
  held.reset();
  EXPECT_TRUE(waitUntil([&] { return pidFileHolder(file).value() == std::nullopt; }));
}

TEST_F(PidFileTest, IsGoneAfterACleanEnd) {
  auto held = std::move(*PidFile::take(file));
  held.remove();
  EXPECT_FALSE(fs::exists(file));
  EXPECT_EQ(pidFileHolder(file).value(), std::nullopt);
}

TEST_F(PidFileTest, DoesNotRemoveTheFileOfALaterHolder) {
  auto held = std::move(*PidFile::take(file));
  fs::remove(file);
  auto newer = std::move(*PidFile::take(file));
  held.remove();
  EXPECT_TRUE(fs::exists(file));
}

TEST_F(PidFileTest, IsCreatedAgainByItsHolderWhenItWasRemovedReplacedOrEmptied) {
  auto held = std::move(*PidFile::take(file));
  const auto expectRestored = [&](const char* after) {
    EXPECT_TRUE(held.restore().value()) << after;
    EXPECT_EQ(pidFileHolder(file).value(), ::getpid()) << after;
  };
  EXPECT_FALSE(held.restore().value()) << "nothing to do";
  fs::remove(file);
  expectRestored("removed");
  fs::remove(file);
  write(file, "1");
  expectRestored("replaced");
  fs::resize_file(file, 0);
  expectRestored("emptied");
  write(file, "not a number");
  expectRestored("overwritten");
  held.remove();
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(PidFileTest, IsNotTakenBackFromAnotherProcessThatHoldsItNow) {
  auto held = std::move(*PidFile::take(file));
  fs::remove(file);
  holdInAnotherProcess();
  EXPECT_EQ(held.restore().error().code(), ErrorCode::Lost);
  EXPECT_EQ(pidFileHolder(file).value(), child);
}

TEST_F(PidFileTest, RefusesAFileThatIsNoPidFileAndDoesNotChangeIt) {
  const auto victim = folder / "victim";
  write(victim, "1234");
  const auto expectRefused = [&](const std::string& why) {
    const auto refused = PidFile::take(file);
    ASSERT_FALSE(refused) << why;
    EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
    EXPECT_NE(refused.error().message().find(file.string()), std::string::npos);
    EXPECT_NE(refused.error().message().find(why), std::string::npos) << refused.error().message();
    fs::remove_all(file);
  };
  fs::create_symlink(victim, file);
  EXPECT_FALSE(pidFileHolder(file));
  expectRefused("symbolic link");
  fs::create_symlink(folder / "nowhere", file);
  expectRefused("symbolic link");
  fs::create_hard_link(victim, file);
  expectRefused("other names");
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  EXPECT_FALSE(pidFileHolder(file));
  expectRefused("regular file");
  fs::create_directory(file);
  expectRefused("is a folder: name a file in it");
  write(file, "root:x:0:0:root:/root:/bin/bash");
  expectRefused("is not a pid file");
  write(file, std::string(100, '1'));
  expectRefused("is not a pid file");
  write(file, "-17");
  expectRefused("is not a pid file");
  EXPECT_EQ(readWholeFile(victim), "1234");
}

TEST_F(PidFileTest, SaysThatThereIsNoSuchFolder) {
  const auto refused = PidFile::take(folder.path() / "no" / "such.pid");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::Invalid);
  EXPECT_NE(refused.error().message().find("no such folder"), std::string::npos);
  EXPECT_EQ(pidFileHolder(folder.path() / "no" / "such.pid").value(), std::nullopt);
}

TEST_F(PidFileTest, ReportsAPathThatIsTooLongWithoutRepeatingIt) {
  const auto refused = PidFile::take(folder.path() / std::string(300, 'x'));
  ASSERT_FALSE(refused);
  const auto& message = refused.error().message();
  EXPECT_EQ(message.find("pid file "), message.rfind("pid file ")) << message;
}

TEST_F(PidFileTest, TakesAnEmptyFileAndOneWithALineFeed) {
  write(file, "");
  EXPECT_TRUE(PidFile::take(file));
  write(file, "99999\n");
  EXPECT_TRUE(PidFile::take(file));
  EXPECT_EQ(readWholeFile(file), std::to_string(::getpid()));
}

TEST_F(PidFileTest, LeadsToItsHolderWhichCanBeSignalledAndWaitedFor) {
  holdInAnotherProcess();
  const auto process = holderOf(file).value();
  ASSERT_TRUE(process);
  EXPECT_EQ(process->pid(), child);
  EXPECT_FALSE(process->waitUntilGone(1ms));
  EXPECT_TRUE(process->signal(SIGTERM));
  EXPECT_TRUE(process->waitUntilGone(30s));
  ::waitpid(child, nullptr, 0);
  child = 0;
  EXPECT_TRUE(process->signal(SIGTERM)) << "a process that has ended is no error";
}

TEST_F(PidFileTest, IsTakenByExactlyOneOfManyProcessesThatStartAtOnce) {
  for (int round = 0; round < 20; ++round) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    std::vector<pid_t> starters;
    for (int i = 0; i < 6; ++i) {
      starters.push_back(::fork());
      if (starters.back() != 0) continue;
      ::close(ready[1]);
      char byte = 0;
      (void)!::read(ready[0], &byte, 1);  // all go when the writing end is closed
      auto held = PidFile::take(file);
      if (!held) ::_exit(held.error().code() == ErrorCode::Lost ? 1 : 2);
      ::pause();
    }
    ::close(ready[0]);
    ::close(ready[1]);
    int refused = 0;
    for (int i = 0; i < 5; ++i) {
      int status = 0;
      const pid_t gone = ::wait(&status);
      EXPECT_EQ(WEXITSTATUS(status), 1);
      std::erase(starters, gone);
      ++refused;
    }
    EXPECT_EQ(refused, 5);
    EXPECT_TRUE(waitUntil([&] { return pidFileHolder(file).value() == starters.front(); }));
    ::kill(starters.front(), SIGKILL);
    ::waitpid(starters.front(), nullptr, 0);
  }
}

}  // namespace
}  // namespace leptir::master
