#include "log/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/support/child.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::log {
namespace {

using ::testing::HasSubstr;

Result<void> check(const std::filesystem::path& path) {
  const LogSinkConfig sink{.name = "logfile", .type = LogSinkConfig::Type::File, .path = path};
  return checkLogFiles({&sink, 1});
}

TEST(LogFileCheck, CreatesNoFile) {
  const TempDir folder;
  EXPECT_TRUE(check(folder / "a.log"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.log"));
}

TEST(LogFileCheck, ReportsTheErrorsThatOpeningWouldReport) {
  const TempDir folder;
  EXPECT_THAT(check(folder / "none/a.log").error().message(), HasSubstr("no such file or directory: make its folder"));
  EXPECT_THAT(check(folder.path()).error().message(), HasSubstr("is a directory: name a file in it"));
  std::filesystem::create_symlink(folder / "target", folder / "link");
  EXPECT_THAT(check(folder / "link").error().message(), HasSubstr("is a symbolic link"));
  EXPECT_TRUE(check("/dev/stdout"));
}

TEST(LogFileCheck, ChecksThatAMissingFileCouldBeCreated) {
  LEPTIR_NEEDS_ROOT();
  const TempDir folder;
  ::chmod(folder.path().c_str(), 0755);
  EXPECT_TRUE(asUser(kOtherUser, [&] { return !check(folder / "a.log"); }));
}

TEST(LogFileCheck, MissingPermissionsAreUnavailableNotInvalid) {
  LEPTIR_NEEDS_ROOT();
  const TempDir folder;
  ::chmod(folder.path().c_str(), 0755);
  ::chmod(folder.write("ours.log", "").c_str(), 0600);
  EXPECT_TRUE(asUser(kOtherUser, [&] {
    return check(folder / "a.log").error().code() == ErrorCode::Unavailable &&
           openLogFile("logfile", folder / "a.log").error().code() == ErrorCode::Unavailable &&
           openLogFile("logfile", folder / "ours.log").error().code() == ErrorCode::Unavailable;
  }));
}

TEST(LogFileCheck, MissingDescriptorsAreUnavailableForAStreamToo) {
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
    return openLogFile("logfile", "/dev/stdout").error().code() == ErrorCode::Unavailable;
  }));
}

TEST(LogFileCheck, MissingDescriptorsAreUnavailableNotInvalid) {
  const TempDir folder;
  EXPECT_TRUE(inChild([&] {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) return false;
    return openLogFile("logfile", folder / "a.log").error().code() == ErrorCode::Unavailable &&
           openLogFile("logfile", folder / "none/a.log").error().code() == ErrorCode::Invalid;
  }));
}

}  // namespace
}  // namespace leptir::log
