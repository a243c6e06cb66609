#include "base/disk_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace leptir::base {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kMB = 1'000'000, kGB = 1'000 * kMB;

TEST(DiskSpace, IsToldOfTheNearestFolderThatExists) {
  const auto space = diskSpaceAt("/tmp/no/such/folder");
  ASSERT_TRUE(space);
  EXPECT_EQ(space->allBytes, diskSpaceAt("/tmp")->allBytes);
}

TEST(DiskSpace, ALargeRestIsEnoughOnAnyFileSystem) {
  EXPECT_FALSE(findingOf({.freeBytes = 11 * kGB, .allBytes = 100'000 * kGB}, "x"));
  EXPECT_FALSE(findingOf({.freeBytes = 500 * kMB, .allBytes = kGB}, "x")) << "a small file system that is half empty";
}

TEST(DiskSpace, ASmallRestIsAWarningAndThenAProblem) {
  const auto warning = findingOf({.freeBytes = 4 * kGB, .allBytes = 100 * kGB}, "sqlite /x.db");
  ASSERT_TRUE(warning);
  EXPECT_EQ(warning->severity, FindingSeverity::Warning);
  EXPECT_EQ(warning->what, "sqlite /x.db: its file system has 4.0 GB of 100.0 GB left");
  EXPECT_EQ(findingOf({.freeBytes = 90 * kMB, .allBytes = kGB}, "x")->severity, FindingSeverity::Problem);
  EXPECT_EQ(findingOf({.freeBytes = 0, .allBytes = kGB}, "x")->severity, FindingSeverity::Problem);
}

TEST(DiskSpace, AFileSystemWithoutFreeFilesIsAProblem) {
  const auto problem =
      findingOf({.freeBytes = 50 * kGB, .allBytes = 100 * kGB, .freeFiles = 3, .allFiles = 9'999}, "x");
  ASSERT_TRUE(problem);
  EXPECT_THAT(problem->what, HasSubstr("only 3 files"));
}

}  // namespace
}  // namespace leptir::base
