#include "instance/predecessor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/instance_mark.h"
#include "base/task_id.h"
#include "link/status_board.h"
#include "tests/support/child.h"
#include "tests/support/instance_mark.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir::instance {
namespace {

class PredecessorTest : public ::testing::Test {
 protected:
  // A process that a task of the instance forked.
  pid_t leaveOne() {
    const pid_t child = startChild([this] {
      if (!base::setInstanceMark(name)) return false;
      while (true) ::pause();
    });
    EXPECT_TRUE(waitUntil([&] { return base::hasInstanceMark(child, name); }));
    return child;
  }
  void leaveBoard(pid_t master) { auto board = makeBoard(master); }
  // The board holds its lock as long as it exists, as that of a living master does.
  std::unique_ptr<link::StatusBoard> makeBoard(pid_t master) {
    auto board = link::StatusBoard::create(file, name, 1, systemClock()).value();
    board->setMaster(master);
    return board;
  }
  static bool runs(pid_t child) { return ::waitpid(child, nullptr, WNOHANG) == 0; }

  const TempDir folder;
  const std::filesystem::path file = folder.path() / "leptir.board";
  const std::string name = base::makeInstanceName();
  const Logger silence;
};

TEST_F(PredecessorTest, ThatIsDeadHasItsProcessesKilled) {
  const pid_t dead = startChild([] { return true; });
  EXPECT_TRUE(exitedSuccessfully(dead));
  const pid_t left = leaveOne();
  leaveBoard(dead);
  cleanUpPredecessor(file, silence);
  int status = 0;
  ::waitpid(left, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST_F(PredecessorTest, ThatLivesIsLeftAlone) {
  const pid_t master = leaveOne(), other = leaveOne();
  leaveBoard(master);
  cleanUpPredecessor(file, silence);
  EXPECT_TRUE(runs(master) && runs(other));
  killChild(master);
  killChild(other);
}

TEST_F(PredecessorTest, WhoseBoardIsLockedIsLeftAloneEvenIfItsPidIsDead) {
  const pid_t dead = startChild([] { return true; });
  EXPECT_TRUE(exitedSuccessfully(dead));
  const pid_t other = leaveOne();
  {
    const auto board = makeBoard(dead);
    EXPECT_EQ(cleanUpPredecessor(file, silence), "");
    EXPECT_TRUE(runs(other));
  }
  EXPECT_EQ(cleanUpPredecessor(file, silence), name);
  ::waitpid(other, nullptr, 0);
}

// As if the board was copied, or written by another program.
TEST_F(PredecessorTest, WhoseMasterLivesUnderAnotherPidIsLeftAlone) {
  const pid_t dead = startChild([] { return true; });
  EXPECT_TRUE(exitedSuccessfully(dead));
  const pid_t master = startChild([this] {
    const auto sign = base::setMasterMark(name);
    if (!sign || !base::setInstanceMark(name)) return false;
    while (true) ::pause();
  });
  EXPECT_TRUE(waitUntil([&] { return base::hasInstanceMark(master, name); }));
  leaveBoard(dead);
  EXPECT_EQ(cleanUpPredecessor(file, silence), "");
  EXPECT_TRUE(runs(master));
  killChild(master);
}

TEST_F(PredecessorTest, IsLeftAloneIfDescriptorsAreShort) {
  const pid_t master = leaveOne();
  leaveBoard(master);
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_NOFILE, &none) == 0 && cleanUpPredecessor(file, silence).empty();
  }));
  EXPECT_TRUE(runs(master));
  killChild(master);
}

TEST_F(PredecessorTest, IsLeftAloneIfTheBoardIsASymbolicLink) {
  const pid_t other = leaveOne();
  leaveBoard(1);
  std::filesystem::rename(file, folder.path() / "elsewhere");
  std::filesystem::create_symlink(folder.path() / "elsewhere", file);
  cleanUpPredecessor(file, silence);
  EXPECT_TRUE(runs(other));
  killChild(other);
}

TEST_F(PredecessorTest, IsNotFoundInAFileThatIsNoBoard) {
  const pid_t other = leaveOne();
  cleanUpPredecessor(file, silence);
  folder.write("leptir.board", "no board, although it says " + name);
  cleanUpPredecessor(file, silence);
  EXPECT_TRUE(runs(other));
  killChild(other);
}

}  // namespace
}  // namespace leptir::instance
