#include "leptir/logger.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <regex>
#include <sstream>
#include <thread>

#include "base/unique_fd.h"
#include "tests/support/child.h"
#include "tests/support/other_user.h"
#include "tests/support/temp_dir.h"

namespace leptir::log {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using namespace std::chrono_literals;

LogSinkConfig fileSink(const std::filesystem::path& path, LogLevel level = LogLevel::Debug) {
  return {.name = "logfile", .type = LogSinkConfig::Type::File, .path = path, .level = level};
}

std::vector<std::string> linesOf(const std::filesystem::path& file) {
  std::istringstream text(readWholeFile(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

// Redirects a stream of the process for one test.
class Redirected {
 public:
  Redirected(int stream, int target) : stream_(stream), kept_(::dup(stream)) { ::dup2(target, stream); }
  ~Redirected() { ::dup2(kept_.get(), stream_); }

 private:
  int stream_;
  base::UniqueFd kept_;
};

TEST(Logger, DropsAllLinesWithoutSinks) {
  Logger logger;
  logger.error("nobody");
  EXPECT_FALSE(logger.enabled(LogLevel::Error));
  EXPECT_EQ(logger.dropped(), 0u);
  EXPECT_TRUE(logger.reopen());
}

TEST(Logger, WritesEachMessageAsALine) {
  TempDir folder;
  auto logger = Logger::open({fileSink(folder / "a.log")});
  ASSERT_TRUE(logger);
  logger->error("one");
  logger->warning("two\nlines");
  logger->info("three");
  logger->debug("four");
  const auto lines = linesOf(folder / "a.log");
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], EndsWith(" ERR (3): one"));
  EXPECT_THAT(lines[1], EndsWith(" WARN (4): two\\nlines"));
  EXPECT_THAT(lines[2], EndsWith(" INFO (6): three"));
  EXPECT_THAT(lines[3], EndsWith(" DEBUG (7): four"));
}

TEST(Logger, AppendsToAnExistingFile) {
  TempDir folder;
  folder.write("a.log", "earlier\n");
  Logger::open({fileSink(folder / "a.log")})->info("later");
  EXPECT_EQ(linesOf(folder / "a.log").size(), 2u);
}

TEST(Logger, WritesToEachSinkOnlyTheMessagesOfItsLevel) {
  TempDir folder;
  auto logger = Logger::open({fileSink(folder / "all.log"), fileSink(folder / "few.log", LogLevel::Warning)});
  logger->info("quiet");
  logger->warning("loud");
  EXPECT_EQ(linesOf(folder / "all.log").size(), 2u);
  EXPECT_EQ(linesOf(folder / "few.log").size(), 1u);
}

TEST(Logger, IsEnabledForTheMostVerboseLevelOfItsSinks) {
  TempDir folder;
  auto logger = Logger::open({fileSink(folder / "a.log", LogLevel::Error), fileSink(folder / "b.log", LogLevel::Info)});
  EXPECT_TRUE(logger->enabled(LogLevel::Info));
  EXPECT_FALSE(logger->enabled(LogLevel::Debug));
  const Logger moved = std::move(*logger);
  EXPECT_TRUE(moved.enabled(LogLevel::Info));
  EXPECT_FALSE(logger->enabled(LogLevel::Error));
}

TEST(Logger, WritesToTheStreamsOfTheProcess) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const base::UniqueFd from(pipe[0]), to(pipe[1]);
  char text[256] = {};
  {
    const Redirected out(STDERR_FILENO, to.get());
    Logger::open({{.name = "err", .type = LogSinkConfig::Type::Stderr, .path = {}}})->info("hello");
  }
  ASSERT_GT(::read(from.get(), text, sizeof text - 1), 0);
  EXPECT_THAT(text, EndsWith(" INFO (6): hello\n"));
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

TEST(Logger, CountsTheLinesDroppedOnAFullDisk) {
  auto logger = Logger::open({fileSink("/dev/full")});
  ASSERT_TRUE(logger);
  logger->info("one");
  logger->info("two");
  EXPECT_EQ(logger->dropped(), 2u);
}

// The limit on file sizes simulates a disk that has no space for the whole line.
enum class Queue { No, Yes };
std::vector<std::string> linesAfterATornOne(Queue queue) {
  const TempDir folder;
  auto logger = Logger::open({fileSink(folder / "a.log")});
  if (queue == Queue::Yes) logger->queueFromNowOn();
  logger->info("whole");
  const auto lines = readWholeFile(folder / "a.log");
  const auto child = ::fork();
  if (child == 0) {
    const rlimit limit{lines.size() + 10, lines.size() + 10};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    if (queue == Queue::Yes) logger->queueFromNowOn();
    logger->info("torn");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  logger->info("later");
  return linesOf(folder / "a.log");
}

TEST(Logger, TheNextLineOfAnyProcessDoesNotContinueATornLine) {
  for (const auto queue : {Queue::No, Queue::Yes}) {
    const auto lines = linesAfterATornOne(queue);
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(lines[1].size(), 10u);
    EXPECT_THAT(lines[2], HasSubstr("1 log line was dropped: "));
    EXPECT_THAT(lines[2], HasSubstr("file too large"));
    EXPECT_THAT(lines[3], EndsWith(" INFO (6): later"));
  }
}

TEST(Logger, SurvivesAPipeWhoseReaderIsGone) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const base::UniqueFd to(pipe[1]);
  ::close(pipe[0]);
  const Redirected out(STDERR_FILENO, to.get());
  auto logger = Logger::open({{.name = "err", .type = LogSinkConfig::Type::Stderr, .path = {}}});
  logger->info("hello");
  EXPECT_EQ(logger->dropped(), 1u);
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_FALSE(::sigismember(&pending, SIGPIPE));
}

// A pipe as stderr for one test.
class StderrPipe {
 public:
  StderrPipe() {
    int pipe[2];
    EXPECT_EQ(::pipe(pipe), 0);
    from_ = base::UniqueFd(pipe[0]);
    redirected_.emplace(STDERR_FILENO, pipe[1]);
    ::close(pipe[1]);
  }
  // Reads everything that is in the pipe now.
  std::string read() const {
    ::fcntl(from_.get(), F_SETFL, O_NONBLOCK);
    std::string text(1 << 20, '\0');
    std::size_t bytes = 0;
    for (ssize_t got = 0; (got = ::read(from_.get(), text.data() + bytes, text.size() - bytes)) > 0;)
      bytes += static_cast<std::size_t>(got);
    text.resize(bytes);
    return text;
  }

 private:
  base::UniqueFd from_;
  std::optional<Redirected> redirected_;
};

LogSinkConfig stderrSink() {
  return {.name = "err", .type = LogSinkConfig::Type::Stderr, .path = {}};
}

std::size_t countOf(std::string_view text, std::string_view wanted) {
  std::size_t times = 0;
  for (auto at = text.find(wanted); at != text.npos; at = text.find(wanted, at + 1)) ++times;
  return times;
}

// The sum over all lines such as "WARN (4): 37 log lines were dropped".
std::size_t saidToBeDropped(const std::string& text) {
  std::size_t lines = 0;
  const std::regex sentence("WARN \\(4\\): ([0-9]+) log lines? (was|were) dropped");
  for (std::sregex_iterator at(text.begin(), text.end(), sentence), end; at != end; ++at)
    lines += std::stoul((*at)[1].str());
  return lines;
}

TEST(Logger, DropsLinesWhenTheReaderIsTooSlowAndReportsHowMany) {
  const StderrPipe pipe;
  auto logger = Logger::open({stderrSink()});
  // The first line that does not fit waits; later lines do not.
  for (int i = 0; i < 2000; ++i) logger->info(std::string(100, 'x'));
  const auto dropped = logger->dropped();
  EXPECT_GT(dropped, 500u);
  auto text = pipe.read();
  EXPECT_EQ(countOf(text, "INFO (6): x"), 2000 - dropped);
  logger->info("later");
  text += pipe.read();
  EXPECT_THAT(text, HasSubstr(" dropped: the reader of stderr was too slow\n"));
  EXPECT_THAT(text, EndsWith(" INFO (6): later\n"));
  EXPECT_EQ(saidToBeDropped(text), dropped);
  logger->info("once is enough");
  EXPECT_EQ(saidToBeDropped(pipe.read()), 0u);
}

TEST(Logger, ReportsTheLinesThatAForkedProcessDropped) {
  const StderrPipe pipe;
  auto logger = Logger::open({stderrSink()});
  const auto child = ::fork();
  if (child == 0) {
    for (int i = 0; i < 2000; ++i) logger->info(std::string(100, 'x'));
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  pipe.read();
  logger->info("the parent's");
  EXPECT_THAT(pipe.read(), HasSubstr(" log lines were dropped: "));
}

TEST(Logger, QueuesLinesInOrderInsteadOfWaiting) {
  const StderrPipe pipe;
  auto logger = Logger::open({stderrSink()});
  logger->queueFromNowOn();
  const auto began = systemClock().bootTime();
  for (int i = 0; i < 3000; ++i) logger->info("line " + std::to_string(i) + std::string(100, 'x'));
  EXPECT_LT(systemClock().bootTime() - began, 900ms) << "it would have waited a second";
  EXPECT_FALSE(logger->flush());
  EXPECT_EQ(logger->dropped(), 0u);
  std::string text;
  while (!logger->flush()) text += pipe.read();
  text += pipe.read();
  EXPECT_EQ(countOf(text, "INFO (6): line "), 3000u);
  EXPECT_LT(text.find("line 0x"), text.find("line 1x"));
  EXPECT_LT(text.find("line 1x"), text.find("line 2999x"));
}

TEST(Logger, QueuesAMegabyteAndReportsHowManyLinesDidNotFit) {
  const StderrPipe pipe;
  auto logger = Logger::open({stderrSink()});
  logger->queueFromNowOn();
  for (int i = 0; i < 20'000; ++i) logger->info(std::string(100, 'x'));
  const auto dropped = logger->dropped();
  EXPECT_GT(dropped, 1000u);
  std::string text;
  while (!logger->flush()) text += pipe.read();
  text += pipe.read();
  EXPECT_EQ(countOf(text, "INFO (6): x"), 20'000 - dropped);
  EXPECT_THAT(text, HasSubstr(std::to_string(dropped) + " log lines were dropped"));
}

TEST(Logger, FlushReturnsTheReportOfDropsThatTheLogCouldNotTake) {
  const StderrPipe pipe;
  auto logger = Logger::open({stderrSink()});
  logger->queueFromNowOn();
  for (int i = 0; i < 2000; ++i) logger->info(std::string(100, 'x'));
  EXPECT_THAT(logger->flushWithin(10ms), EndsWith(" log lines were dropped: the reader of stderr was too slow\n"));
  EXPECT_EQ(logger->flushWithin(10ms), "");
}

TEST(Logger, ReportsDropsOnAFullDiskWithTheFileAndTheReason) {
  auto logger = Logger::open({fileSink("/dev/full")});
  logger->queueFromNowOn();
  for (int i = 0; i < 5; ++i) logger->info("x");
  EXPECT_EQ(logger->flushWithin(1s), "5 log lines were dropped: /dev/full: no space left on device\n");
}

TEST(Logger, AChildDoesNotWriteTheQueuedLinesOfItsParent) {
  const StderrPipe pipe;
  auto logger = Logger::open({stderrSink()});
  logger->queueFromNowOn();
  for (int i = 0; i < 2000; ++i) logger->info("x" + std::string(100, 'x'));
  std::string text = pipe.read();
  const auto child = ::fork();
  if (child == 0) {
    logger->info("the child's");
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  while (!logger->flush()) text += pipe.read();
  text += pipe.read();
  EXPECT_EQ(countOf(text, "INFO (6): xx"), 2000u);
  EXPECT_EQ(countOf(text, "the child's"), 1u);
}

TEST(Logger, NeverMixesLinesOfThreadsAndProcesses) {
  TempDir folder;
  constexpr int kProcesses = 3, kThreads = 3, kLines = 300;
  const auto logger = Logger::open({fileSink(folder / "a.log")});
  const std::string message(500, 'x');
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int line = 0; line < kLines; ++line) logger->info(message);
      });
    }
    for (auto& thread : threads) thread.join();
    ::_exit(0);
  }
  for (const auto child : children) ::waitpid(child, nullptr, 0);

  const auto lines = linesOf(folder / "a.log");
  EXPECT_EQ(lines.size(), std::size_t{kProcesses * kThreads * kLines});
  EXPECT_TRUE(
      std::ranges::all_of(lines, [&](const std::string& line) { return line.ends_with(" INFO (6): " + message); }));
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

// Like `leptir start > log` with a task that closes every descriptor and opens a file.
TEST(Logger, DropsLinesOfAStreamWhoseDescriptorRefersToAnotherFile) {
  const TempDir folder;
  const base::UniqueFd file(::open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const Redirected out(STDERR_FILENO, file.get());
  auto logger = Logger::open({{.name = "err", .type = LogSinkConfig::Type::Stderr, .path = {}}}).value();
  EXPECT_TRUE(inChild([&] {
    const int other = ::open((folder / "other").c_str(), O_WRONLY | O_CREAT, 0600);
    for (int number = STDERR_FILENO; number < 100; ++number) ::dup2(other, number);
    logger.info("lost");
    return logger.dropped() == 1;
  }));
  EXPECT_EQ(readWholeFile(folder / "other"), "");
  logger.info("after");
  ASSERT_EQ(linesOf(folder / "log").size(), 2u);
  EXPECT_THAT(linesOf(folder / "log")[0], HasSubstr("1 log line was dropped: stderr: "));
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
