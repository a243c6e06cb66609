// The logger of a process that must not wait: it queues lines that the log does not take at once.
#include <gmock/gmock.h>
#include <sys/wait.h>

#include "log/logger_fixture.h"

namespace leptir::log {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

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

}  // namespace
}  // namespace leptir::log
