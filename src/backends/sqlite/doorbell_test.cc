#include "backends/sqlite/doorbell.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::sqlite {
namespace {

// Needs no wait: the byte of a ring arrives before ring() returns.
bool rings(const Doorbell& bell) {
  pollfd looked{bell.descriptor(), POLLIN, 0};
  return ::poll(&looked, 1, 0) == 1;
}

std::size_t countFiles(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(Doorbell, ManyRingsAreClearedTogether) {
  const TempDir folder;
  auto bell = std::move(Doorbell::create(folder.path())).value();
  DoorbellRinger ringer(folder.path());
  for (int i = 0; i < 10'000; ++i) ringer.ring();
  EXPECT_TRUE(rings(bell));
  bell.clear();
  EXPECT_FALSE(rings(bell));
}

TEST(Doorbell, ARingReachesEveryDoorbellInTheFolder) {
  const TempDir folder;
  const auto one = std::move(Doorbell::create(folder.path())).value();
  const auto other = std::move(Doorbell::create(folder.path())).value();
  DoorbellRinger(folder.path()).ring();
  EXPECT_TRUE(rings(one));
  EXPECT_TRUE(rings(other));
}

TEST(Doorbell, UsersWhoMayWriteInTheFolderMayRing) {
  for (const auto& [rights, expected] : {std::pair{0700, 0600}, std::pair{0770, 0660}}) {
    const TempDir folder;
    ::chmod(folder.path().c_str(), static_cast<mode_t>(rights));
    const auto bell = std::move(Doorbell::create(folder.path())).value();
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      EXPECT_EQ(modeOf(entry.path()), static_cast<mode_t>(expected));
  }
}

TEST(Doorbell, RemovesItsSocketFileWhenDestroyed) {
  const TempDir folder;
  {
    const auto bell = std::move(Doorbell::create(folder.path())).value();
  }
  EXPECT_EQ(countFiles(folder.path()), 0u);
}

TEST(Doorbell, TheNextRingRemovesTheSocketFileOfAKilledProcess) {
  const TempDir folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto bell = Doorbell::create(folder.path());
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_EQ(countFiles(folder.path()), 1u);
  const auto living = std::move(Doorbell::create(folder.path())).value();
  DoorbellRinger(folder.path()).ring();
  EXPECT_TRUE(rings(living));
  EXPECT_EQ(countFiles(folder.path()), 1u);
}

TEST(Doorbell, WorksInAFolderWhosePathIsLongerThanASocketAddress) {
  const TempDir folder;
  const auto deep = folder.path() / std::string(200, 'd') / std::string(200, 'e');
  std::filesystem::create_directories(deep);
  const auto bell = std::move(Doorbell::create(deep)).value();
  DoorbellRinger(deep).ring();
  EXPECT_TRUE(rings(bell));
}

TEST(Doorbell, RingingInAMissingFolderDoesNothing) {
  const TempDir folder;
  DoorbellRinger(folder / "gone").ring();
  EXPECT_EQ(Doorbell::create(folder / "gone").error().code(), ErrorCode::Unavailable);
}

TEST(Doorbell, RingingLeavesOtherFilesAlone) {
  const TempDir folder;
  folder.write("0123.lock", "");
  DoorbellRinger(folder.path()).ring();
  EXPECT_EQ(countFiles(folder.path()), 1u);
}

}  // namespace
}  // namespace leptir::sqlite
