// What metrics cost, measured in CPU time, so that other programs on the machine do not count: one task counted, and
// one scrape with 256 task names, 4 brokers and 64 workers that are living processes. Argument: how many scrapes
// (default 100).
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "link/board_metrics.h"
#include "metrics/rows.h"
#include "metrics/store_meter.h"
#include "metrics/task_counters.h"
#include "metrics/text.h"

namespace {

using namespace leptir;

constexpr int kWorkers = 64;
constexpr std::uint32_t kTasks = 20'000'000;

double cpuSeconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

std::vector<std::string> names(const std::string& prefix, std::size_t number) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < number; ++i) made.push_back(prefix + std::to_string(i));
  return made;
}

// All names at all brokers, and all operations of all stores.
void fill(metrics::TaskCounters& counters, const std::vector<metrics::BrokerRow*>& brokers) {
  for (std::uint32_t broker = 0; broker < brokers.size(); ++broker) {
    for (std::uint32_t name = 1; name <= metrics::kMaxNameRows; ++name)
      counters.count({.broker = broker, .name = name, .runTime = Duration(name * 100), .queueTime = Duration(name)});
    const metrics::StoreMeter meter(&brokers[broker]->store, systemClock());
    for (std::size_t operation = 0; operation < metrics::kStoreOperations; ++operation)
      (void)meter.time(static_cast<metrics::StoreOperation>(operation), []() -> Result<void> { return {}; });
  }
}

double nanosecondsToCount(metrics::TaskCounters& counters, std::uint32_t names) {
  const auto began = cpuSeconds();
  for (std::uint32_t i = 0; i < kTasks; ++i)
    counters.count({.name = i % names + 1, .runTime = Duration(5 + i % 7), .queueTime = Duration(900)});
  return (cpuSeconds() - began) * 1e9 / kTasks;
}

void printScrapes(const link::StatusBoard& board, int scrapes) {
  std::vector<double> took;
  std::size_t bytes = 0;
  for (int i = 0; i < scrapes; ++i) {
    const auto began = cpuSeconds();
    bytes = metrics::textOf(link::metricsOf(board, systemClock()), metrics::TextFormat::Prometheus).size();
    took.push_back((cpuSeconds() - began) * 1e3);
  }
  std::ranges::sort(took);
  fmt::print("one scrape: {:.2f} ms (median of {}), {:.2f} ms at most, {} bytes\n", took[took.size() / 2], scrapes,
             took.back(), bytes);
}

}  // namespace

int main(int argc, char** argv) {
  const int scrapes = argc > 1 ? std::atoi(argv[1]) : 100;
  const auto board = link::StatusBoard::inMemory(kWorkers, systemClock());
  for (int slot = 0; slot < kWorkers; ++slot) board->setWorker(slot, ::getpid());
  auto& table = board->metrics();
  const auto brokers = metrics::claimBrokerRows(table, names("broker", 4));
  metrics::TaskCounters counters(table, brokers, names("a-task-of-some-name-", metrics::kMaxNameRows),
                                 systemClock().bootTime());
  fill(counters, brokers);
  fmt::print("one task counted: {:.1f} ns of one name, {:.1f} ns of {} names in turn\n",
             nanosecondsToCount(counters, 1), nanosecondsToCount(counters, metrics::kMaxNameRows),
             metrics::kMaxNameRows);
  printScrapes(*board, std::max(scrapes, 1));
}
