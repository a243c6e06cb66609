#include "instance/find_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::instance {
namespace {

using ::testing::HasSubstr;

class FindInstanceTest : public ::testing::Test {
 protected:
  InstanceFiles files(const std::string& key, const std::string& alias = "") const {
    InstanceFiles files{.pidFile = folder / (key + ".pid"), .boardFile = folder / (key + ".board")};
    if (!alias.empty()) files.aliasFile = folder / (alias + ".alias");
    return files;
  }

  const TempDir folder;
};

TEST_F(FindInstanceTest, NoInstanceIsFoundIfNoLockIsHeld) {
  EXPECT_FALSE(*findInstance(files("real", "given")));
  {
    const auto locks = InstanceLocks::take(files("real", "given"));
    EXPECT_TRUE(*findInstance(files("real", "given")));
  }
  EXPECT_FALSE(*findInstance(files("real", "given"))) << "files that an instance left over do not count";
}

TEST_F(FindInstanceTest, AnInstanceWithoutABoardIsStarting) {
  const auto locks = InstanceLocks::take(files("real"));
  ASSERT_TRUE(locks);
  const auto found = *findInstance(files("real"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->pid, ::getpid());
  EXPECT_EQ(found->state, link::InstanceState::Starting);
  EXPECT_EQ(describeInstance(*found), "pid " + std::to_string(::getpid()));
}

TEST_F(FindInstanceTest, ALinkThatLeadsElsewhereFindsTheInstanceThatWasStartedThroughIt) {
  const auto old = InstanceLocks::take(files("release-1", "current"));
  ASSERT_TRUE(old);
  EXPECT_EQ(runningInstanceFiles(files("release-2", "current")).pidFile, folder / "release-1.pid");
  EXPECT_EQ(runningInstanceFiles(files("release-2")).pidFile, folder / "release-2.pid");
  const auto second = InstanceLocks::take(files("release-2", "current"));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::Lost);
  EXPECT_TRUE(InstanceLocks::take(files("release-2"))) << "by its own path it is another instance";
}

TEST_F(FindInstanceTest, ABoardCountsOnlyIfItNamesTheProcessThatHoldsTheLock) {
  const auto locks = InstanceLocks::take(files("real"));
  const auto board = link::StatusBoard::create(folder / "real.board", "0123456789abcdef", 1, systemClock()).value();
  board->setMaster(::getpid() + 1);
  EXPECT_EQ((*findInstance(files("real")))->session, "");
  board->setMaster(::getpid());
  board->setConfiguration("/etc/leptir.yaml");
  const auto found = *findInstance(files("real"));
  EXPECT_EQ(found->session, "0123456789abcdef");
  EXPECT_THAT(describeInstance(*found), HasSubstr(" UTC, configuration /etc/leptir.yaml"));
}

TEST_F(FindInstanceTest, APidFileThatCannotBeReadIsAnError) {
  const auto locks = InstanceLocks::take(files("real"));
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    return ::setrlimit(RLIMIT_NOFILE, &none) == 0 && !findInstance(files("real"));
  })) << "no descriptors";
  std::filesystem::create_symlink(folder / "real.pid", folder / "link.pid");
  EXPECT_FALSE(findInstance(files("link")));
}

TEST_F(FindInstanceTest, AnInstanceWhosePidFileWasRemovedIsFoundByItsBoardAndKeepsASecondOneFromStarting) {
  const auto locks = InstanceLocks::take(files("real", "given"));
  const auto board = link::StatusBoard::create(folder / "real.board", "0123456789abcdef", 1, systemClock()).value();
  std::filesystem::remove(folder / "real.pid");
  for (const auto& asked : {files("real"), files("real", "given"), files("elsewhere", "given")}) {
    const auto found = *findInstance(asked);
    ASSERT_TRUE(found) << asked.pidFile;
    EXPECT_EQ(found->session, "0123456789abcdef");
  }
  EXPECT_EQ(InstanceLocks::take(files("real")).error().code(), ErrorCode::Lost);
  EXPECT_FALSE(std::filesystem::exists(folder / "real.pid")) << "a start that is refused leaves nothing";
  std::filesystem::create_directory(folder / "real.pid");
  EXPECT_TRUE(*findInstance(files("real"))) << "also if something else has the name of the pid file";
}

TEST_F(FindInstanceTest, ABoardThatCannotBeReadCountsAsThatOfALivingInstance) {
  LEPTIR_NEEDS_ROOT();
  giveTo(kOtherUser, folder.path());
  ::chmod(folder.write("real.board", "").c_str(), 0600);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto locks = InstanceLocks::take(files("real"));
    return !locks && locks.error().code() == ErrorCode::Unavailable;
  })) << "a second instance must not start";
  EXPECT_FALSE(std::filesystem::exists(folder / "real.pid"));
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    const auto found = findInstance(files("real"));
    return !found && found.error().code() == ErrorCode::Unavailable;
  })) << "nor may the answer be that no instance runs";
}

TEST_F(FindInstanceTest, ABoardThatIsLeftOverKeepsNoInstanceFromStarting) {
  link::StatusBoard::create(folder / "real.board", "0123456789abcdef", 1, systemClock()).value();
  EXPECT_FALSE(*findInstance(files("real")));
  EXPECT_TRUE(InstanceLocks::take(files("real")));
}

TEST_F(FindInstanceTest, PidFileAndAliasAreMadeAnewWithTheirFolder) {
  const TempDir parent;
  const auto state = parent / "leptir";
  std::filesystem::create_directory(state);
  const InstanceFiles files{state / "real.pid", state / "real.board", state / "given.alias"};
  auto locks = InstanceLocks::take(files).value();
  EXPECT_TRUE(locks.restore()->empty());
  std::filesystem::remove_all(state);
  EXPECT_EQ(locks.restore()->size(), 2u);
  EXPECT_EQ(master::pidFileHolder(files.pidFile).value(), ::getpid());
  EXPECT_EQ(master::pidFileHolder(files.aliasFile).value(), ::getpid());
}

TEST_F(FindInstanceTest, AnInstanceOfAnotherVersionIsNotReportedAsStarting) {
  const auto locks = InstanceLocks::take(files("real"));
  folder.write("real.board", std::string(4096, 'x'));
  EXPECT_EQ((*findInstance(files("real")))->state, link::InstanceState::Waiting);
}

}  // namespace
}  // namespace leptir::instance
