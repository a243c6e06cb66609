#include "instance/predecessor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "base/instance_mark.h"
#include "base/task_id.h"
#include "link/status_board.h"
#include "tests/support/child.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

class PredecessorTest : public ::testing::Test {
 protected:
  // A process that a task of the instance forked.
  pid_t leaveOne() {
    const pid_t child = startChild([this] {
      if (!bearMark(name)) return false;
      while (true) ::pause();
    });
    EXPECT_TRUE(waitUntil([&] { return bearsMark(child, name); }));
    return child;
  }
  void leaveBoard(pid_t master) { auto board = makeBoard(master); }
  // It holds its lock, as that of a living master.
  std::unique_ptr<StatusBoard> makeBoard(pid_t master) {
    auto board = StatusBoard::create(file, name, 1, systemClock()).value();
    board->setMaster(master);
    return board;
  }
  static bool runs(pid_t child) { return ::waitpid(child, nullptr, WNOHANG) == 0; }

  const TempDir folder;
  const std::filesystem::path file = folder.path() / "leptir.board";
  const std::string name = makeInstanceName();
  const Logger silence;
};

TEST_F(PredecessorTest, LeavesNothing) {
  const pid_t dead = startChild([] { return true; });
  EXPECT_TRUE(endedWell(dead));
  const pid_t left = leaveOne();
  leaveBoard(dead);
  endPredecessor(file, silence);
  int status = 0;
  ::waitpid(left, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST_F(PredecessorTest, ThatLivesIsLeftAlone) {
  const pid_t master = leaveOne(), other = leaveOne();
  leaveBoard(master);
  endPredecessor(file, silence);
  EXPECT_TRUE(runs(master) && runs(other));
  killChild(master);
  killChild(other);
}

TEST_F(PredecessorTest, WhoseBoardIsLockedIsLeftAloneWhateverItsProcessNumberSays) {
  const pid_t dead = startChild([] { return true; });
  EXPECT_TRUE(endedWell(dead));
  const pid_t other = leaveOne();
  {
    const auto board = makeBoard(dead);
    EXPECT_EQ(endPredecessor(file, silence), "");
    EXPECT_TRUE(runs(other));
  }
  EXPECT_EQ(endPredecessor(file, silence), name);
  ::waitpid(other, nullptr, 0);
}

// The board was copied, or another program wrote it.
TEST_F(PredecessorTest, WhoseMasterLivesUnderAnotherNumberIsLeftAlone) {
  const pid_t dead = startChild([] { return true; });
  EXPECT_TRUE(endedWell(dead));
  const pid_t master = startChild([this] {
    const auto sign = bearMasterSign(name);
    if (!sign || !bearMark(name)) return false;
    while (true) ::pause();
  });
  EXPECT_TRUE(waitUntil([&] { return bearsMark(master, name); }));
  leaveBoard(dead);
  EXPECT_EQ(endPredecessor(file, silence), "");
  EXPECT_TRUE(runs(master));
  killChild(master);
}

TEST_F(PredecessorTest, IsLeftAloneByAnInstanceThatIsShortOfDescriptors) {
  const pid_t master = leaveOne();
  leaveBoard(master);
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_NOFILE, &none) == 0 && endPredecessor(file, silence).empty();
  }));
  EXPECT_TRUE(runs(master));
  killChild(master);
}

TEST_F(PredecessorTest, IsNotBelievedOverALink) {
  const pid_t other = leaveOne();
  leaveBoard(1);
  std::filesystem::rename(file, folder.path() / "elsewhere");
  std::filesystem::create_symlink(folder.path() / "elsewhere", file);
  endPredecessor(file, silence);
  EXPECT_TRUE(runs(other));
  killChild(other);
}

TEST_F(PredecessorTest, OfAFileThatIsNoBoardThereWasNone) {
  const pid_t other = leaveOne();
  endPredecessor(file, silence);
  folder.write("leptir.board", "no board, although it says " + name);
  endPredecessor(file, silence);
  EXPECT_TRUE(runs(other));
  killChild(other);
}

}  // namespace
}  // namespace leptir
