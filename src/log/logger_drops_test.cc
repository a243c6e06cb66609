// Lines that the logger cannot write: it drops them, counts them and says so in the log.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <regex>

#include "leptir/json.h"
#include "log/logger_fixture.h"
#include "tests/support/child.h"

namespace leptir::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

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

TEST(Logger, ReportsDroppedLinesAsJsonInALogOfJson) {
  const StderrPipe pipe;
  auto sink = stderrSink();
  sink.format = LogFormat::JsonLines;
  auto logger = Logger::open({sink});
  logger->setSource("0190", "worker 3");
  for (int i = 0; i < 2000; ++i) logger->info(std::string(100, 'x'));
  pipe.read();
  logger->info("later");
  std::istringstream lines(pipe.read());
  std::string first;
  while (std::getline(lines, first) && first.find("dropped") == first.npos) continue;
  const auto report = parseJson(first);
  ASSERT_TRUE(report) << first;
  EXPECT_EQ(report->at("level"), "warning");
  EXPECT_EQ(report->at("process"), "worker 3");
  EXPECT_EQ(report->at("message"),
            std::to_string(logger->dropped()) + " log lines were dropped: the reader of stderr was too slow");
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

}  // namespace
}  // namespace leptir::log
