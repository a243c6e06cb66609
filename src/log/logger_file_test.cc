// The logger's files: which ones it opens, and what happens when they are rotated.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "log/logger_fixture.h"
#include "tests/support/other_user.h"

namespace leptir::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

TEST(Logger, AppendsToAnExistingFile) {
  TempDir folder;
  folder.write("a.log", "earlier\n");
  Logger::open({fileSink(folder / "a.log")})->info("later");
  EXPECT_EQ(linesOf(folder / "a.log").size(), 2u);
}

TEST(Logger, NamesTheFileThatCannotBeOpenedAndTheRemedy) {
  TempDir folder;
  const auto path = folder / "none/a.log";
  const auto logger = Logger::open({fileSink(path)});
  ASSERT_FALSE(logger);
  EXPECT_EQ(logger.error().code(), ErrorCode::Invalid);
  EXPECT_EQ(logger.error().message(), "log file " + path.string() +
                                          " (logger 'logfile'): no such file or directory: make its folder and let "
                                          "this user write there, or change the path");
}

TEST(Logger, RefusesAFolderAsItsFile) {
  TempDir folder;
  const auto logger = Logger::open({fileSink(folder.path())});
  ASSERT_FALSE(logger);
  EXPECT_THAT(logger.error().message(), HasSubstr("is a directory: name a file in it"));
}

TEST(Logger, CreatesItsFileForItsOwnerAlone) {
  const Umask umask(0);
  TempDir folder;
  ASSERT_TRUE(Logger::open({fileSink(folder / "a.log")}));
  EXPECT_EQ(modeOf(folder / "a.log"), 0600u);
}

TEST(Logger, GivesANewFileThePermissionsOfTheRotatedFile) {
  const Umask umask(077);
  TempDir folder;
  ::chmod(folder.write("a.log", "").c_str(), 0640);
  auto logger = Logger::open({fileSink(folder / "a.log")});
  std::filesystem::rename(folder / "a.log", folder / "a.log.1");
  ASSERT_TRUE(logger->reopen());
  EXPECT_EQ(modeOf(folder / "a.log"), 0640u);
}

TEST(Logger, RefusesASymbolicLink) {
  TempDir folder;
  const auto target = folder.write("target", "mine");
  std::filesystem::create_symlink(target, folder / "a.log");
  const auto logger = Logger::open({fileSink(folder / "a.log")});
  ASSERT_FALSE(logger);
  EXPECT_THAT(logger.error().message(), HasSubstr("is a symbolic link: name the file itself"));
  EXPECT_EQ(readWholeFile(target), "mine");
}

TEST(Logger, FollowsASymbolicLinkToAStreamAsInContainers) {
  TempDir folder;
  const auto out = folder / "out";
  const base::UniqueFd captured(::open(out.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const Redirected stdout(STDOUT_FILENO, captured.get());
  std::filesystem::create_symlink("/dev/stdout", folder / "a.log");
  for (const auto& path : {folder / "a.log", std::filesystem::path("/dev/stdout")}) {
    auto logger = Logger::open({fileSink(path)});
    ASSERT_TRUE(logger) << logger.error().message();
    logger->info("hello");
  }
  EXPECT_EQ(linesOf(out).size(), 2u);
}

TEST(Logger, RefusesAFileOfAnotherUser) {
  LEPTIR_NEEDS_ROOT();
  TempDir folder;
  giveTo(54321, folder.write("a.log", ""));
  const auto logger = Logger::open({fileSink(folder / "a.log")});
  ASSERT_FALSE(logger);
  EXPECT_THAT(logger.error().message(), HasSubstr("belongs to user 54321, and leptir runs as user root: "));
}

TEST(Logger, LosesNoLineWhenItsFileIsRotatedRepeatedly) {
  TempDir folder;
  auto logger = Logger::open({fileSink(folder / "a.log")});
  constexpr int kLines = 20'000;
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (int i = 0; i < kLines; ++i) logger->info("line " + std::to_string(i));
    done = true;
  });
  int rotations = 0;
  for (; !done && rotations < 100; ++rotations) {
    std::filesystem::rename(folder / "a.log", folder / ("a.log." + std::to_string(rotations)));
    ASSERT_TRUE(logger->reopen());
    std::this_thread::yield();
  }
  writer.join();
  EXPECT_GT(rotations, 1);
  EXPECT_EQ(logger->dropped(), 0u);
  std::size_t lines = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder.path())) lines += linesOf(file.path()).size();
  EXPECT_EQ(lines, std::size_t{kLines});
}

TEST(Logger, FollowsARotationWithoutACallOfReopen) {
  TempDir folder;
  ManualClock clock;
  const auto logger = Logger::open({fileSink(folder / "a.log")}, clock);
  std::filesystem::rename(folder / "a.log", folder / "a.log.1");
  logger->info("at once: still the old file");
  clock.advance(2s);
  logger->info("a second later: the new one");
  EXPECT_EQ(linesOf(folder / "a.log.1").size(), 1u);
  EXPECT_EQ(linesOf(folder / "a.log").size(), 1u);
}

TEST(Logger, FollowsARotationAfterTheClockFellBack) {
  TempDir folder;
  ManualClock clock;
  const auto logger = Logger::open({fileSink(folder / "a.log")}, clock);
  std::filesystem::remove(folder / "a.log");
  clock.setWallClock(clock.now() - 1h);
  logger->info("an hour earlier");
  EXPECT_EQ(linesOf(folder / "a.log").size(), 1u);
}

// Simulates a task that closes descriptors of leptir and then opens a file, which gets one of their numbers.
TEST(Logger, WritesNothingIntoAFileThatReusesItsDescriptor) {
  TempDir folder;
  const auto logFile = folder / "a.log";
  auto logger = Logger::open({fileSink(logFile)}).value();
  logger.info("before");
  int number = -1;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (std::filesystem::read_symlink(entry, gone) == logFile) number = std::stoi(entry.path().filename());
  }
  ASSERT_GE(number, 0);
  const base::UniqueFd other(::open((folder / "other").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(::dup2(other.get(), number), number);
  logger.info("after");
  std::filesystem::rename(logFile, folder / "rotated");
  EXPECT_TRUE(logger.reopen());
  logger.info("anew");
  EXPECT_EQ(::write(number, "its own", 7), 7) << "the logger did not replace the file that has the number";
  EXPECT_EQ(readWholeFile(folder / "other"), "its own");
  ASSERT_EQ(linesOf(folder / "rotated").size(), 2u);
  EXPECT_THAT(linesOf(folder / "rotated")[1], EndsWith("after"));
  ASSERT_EQ(linesOf(logFile).size(), 1u);
  EXPECT_THAT(linesOf(logFile)[0], EndsWith("anew"));
}

TEST(Logger, KeepsTheOldFileWhenTheNewFileCannotBeOpened) {
  TempDir folder;
  std::filesystem::create_directory(folder / "logs");
  auto logger = Logger::open({fileSink(folder / "logs/a.log")});
  std::filesystem::rename(folder / "logs", folder / "moved");
  const auto reopened = logger->reopen();
  ASSERT_FALSE(reopened);
  EXPECT_THAT(reopened.error().message(), HasSubstr("logs/a.log"));
  logger->info("still here");
  EXPECT_EQ(linesOf(folder / "moved/a.log").size(), 1u);
}

}  // namespace
}  // namespace leptir::log
