#include "link/board_metrics.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "metrics/process_usage.h"
#include "metrics/rows.h"
#include "metrics/task_counters.h"
#include "tests/support/temp_dir.h"

namespace leptir::link {
namespace {

class BoardMetricsTest : public ::testing::Test {
 protected:
  const TempDir folder;
  const std::filesystem::path file = folder / "board";
  ManualClock clock;
  const std::unique_ptr<StatusBoard> board = StatusBoard::create(file, "0123456789abcdef", 2, clock).value();
};

TEST_F(BoardMetricsTest, AnotherProcessReadsWhatWasCounted) {
  auto& page = board->metrics();
  metrics::TaskCounters counters(page, metrics::claimBrokerRows(page, {"main"}), {"mail"}, clock.bootTime());
  counters.count({.name = 1});
  board->setState(InstanceState::Waiting, "a worker");
  board->setTask(1, "id", "mail", clock.bootTime());
  const auto read = readMetrics(file, clock).value();
  EXPECT_EQ(read.tasks.at(0).name, "mail");
  EXPECT_EQ(read.state, "waiting");
  EXPECT_EQ(read.workers, 2u);
  EXPECT_EQ(read.busy, 1u);
  EXPECT_FALSE(read.errorReports);
}

TEST_F(BoardMetricsTest, HasTheSpansOnlyWhereSpansAreSent) {
  EXPECT_FALSE(metricsOf(*board, clock).spans);
  board->setSpansEnabled(true);
  board->updateSpans({.sent = 5, .dropped = 2, .waiting = 3});
  const auto spans = metricsOf(*board, clock).spans;
  ASSERT_TRUE(spans);
  EXPECT_EQ(spans->sent, 5u);
  EXPECT_EQ(spans->dropped, 2u);
  EXPECT_EQ(spans->waiting, 3u);
}

TEST_F(BoardMetricsTest, NamesTheProcessesThatLive) {
  board->setWorker(1, ::getpid());
  board->metrics().dispatcherPid = 0x7ffffff0;  // there is no such process
  const auto read = metricsOf(*board, clock);
  ASSERT_EQ(read.processes.size(), 2u);
  EXPECT_EQ(read.processes[0].kind, metrics::ProcessKind::Master);
  EXPECT_EQ(read.processes[1].kind, metrics::ProcessKind::Worker);
  EXPECT_EQ(read.processes[1].slot, 1);
  EXPECT_GT(read.processes[1].usage.residentBytes, 0u);
}

TEST_F(BoardMetricsTest, CountersThatNothingUsesTakeNoMemory) {
  const auto resident = metrics::usageOf(::getpid())->residentBytes;
  const auto many = StatusBoard::inMemory(1, clock);
  (void)metricsOf(*many, clock);
  EXPECT_LT(metrics::usageOf(::getpid())->residentBytes, resident + sizeof(metrics::MetricsTable) / 4);
}

TEST_F(BoardMetricsTest, OfNoBoardIsAnError) {
  EXPECT_EQ(readMetrics(folder / "none", clock).error().code(), ErrorCode::NotFound);
}

}  // namespace
}  // namespace leptir::link
