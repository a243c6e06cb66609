// Which messages the logger writes, to which sinks, and that each is one whole line.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <thread>

#include "log/logger_fixture.h"

namespace leptir::log {
namespace {

using ::testing::EndsWith;

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

TEST(Logger, WritesToEachSinkInItsFormat) {
  TempDir folder;
  auto json = fileSink(folder / "a.json");
  json.format = LogFormat::JsonLines;
  auto logger = Logger::open({fileSink(folder / "a.log"), json}).value();
  logger.log(LogLevel::Info, "one", {.id = "7", .name = "x.y", .attempt = 1});
  logger.setSource("0190", "master");
  logger.logAsMaster(LogLevel::Info, "two");
  logger.logAs("METRICS", LogLevel::Info, "three");
  const auto text = linesOf(folder / "a.log"), objects = linesOf(folder / "a.json");
  ASSERT_EQ(text.size(), 3u);
  ASSERT_EQ(objects.size(), 3u);
  EXPECT_THAT(text[0], EndsWith(" INFO (6): [7](x.y) one"));
  EXPECT_THAT(text[1], EndsWith(" INFO (6): [" + std::to_string(::getpid()) + "](:MASTER:) two"));
  EXPECT_THAT(objects[0], EndsWith(R"("level":"info","task":"7","name":"x.y","attempt":1,"message":"one"})"));
  EXPECT_THAT(objects[1], EndsWith(R"("level":"info","instance":"0190","process":"master","message":"two"})"));
  EXPECT_THAT(text[2], EndsWith(" INFO (6): [" + std::to_string(::getpid()) + "](:METRICS:) three"));
  EXPECT_THAT(objects[2], EndsWith(R"("process":"master","message":"three"})"));
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

}  // namespace
}  // namespace leptir::log
