// TestInstance: an instance of leptir inside a test: its queues and records lie in memory, its clock is set by hand,
// and a call runs everything that is due.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/broker.h"
#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/meta_storage.h"
#include "leptir/program.h"
#include "leptir/spi/task_keeper.h"
#include "leptir/task_counts.h"
#include "leptir/task_rules.h"
#include "leptir/testing/observed_run.h"
#include "leptir/testing/store_faults.h"

namespace leptir::testing {

struct TestBroker {
  std::string name = "memory";
  std::int64_t priority = 0;
};

struct TestInstanceOptions {
  std::vector<TestBroker> brokers = {TestBroker{}};  // the queues, as `brokers:` of a configuration
  TaskRulesByName rules{};  // as `tasks: NAME:`; resource limits and max_running have no effect
  Duration taskExecutionTime = std::chrono::seconds(600);  // as `task_execution_time`; zero: no limit
  Time start = ManualClock().now();                        // the time that the clock shows at first
};

// A task in a queue, as a test looks at it.
struct StoredTask {
  std::string broker{};
  std::string id{};
  std::string name{};  // empty: the stored bytes are no task
  Json parameters = Json::object();
  TaskState state = TaskState::Due;
  Time due{};
  std::int64_t timeLimitSeconds = 0;  // 0: none was pushed
  std::uint32_t maxAttempts = 0;      // 0: none was pushed
  Counters counters{};
  std::string reason{};  // of a buried task: why
};

// The code under test pushes through broker(); then a run function runs the tasks one by one in the thread of the test.
// What becomes of a task after its run (record, retry with its delay, burial, cancellation, unknown names) is decided
// by the code that decides it in a real instance. Differences: delays have no jitter; the waiting time of every task is
// that of the clock, which only the test moves; a task that crashes ends the test; a task is at its time limit when it
// moves the clock beyond the limit itself; programs (`tasks: NAME: command:`) are not run. One thread may use it; the
// Broker and the MetaStorage may be used by any thread.
class TestInstance {
 public:
  // How many runs one call makes at most: tasks that push one another, or ask for a retry again and again, never end.
  static constexpr std::size_t kMaxRunsPerCall = 1000;

  // Runs the program's hooks for the start of a worker. `program` or `tasks` must outlive the instance.
  explicit TestInstance(const Program& program, TestInstanceOptions options = {});
  explicit TestInstance(const TaskRegistry& tasks, TestInstanceOptions options = {});
  ~TestInstance();
  TestInstance(const TestInstance&) = delete;
  TestInstance& operator=(const TestInstance&) = delete;

  // For the code under test.
  Broker& broker();
  MetaStorage& metaStorage();
  ManualClock& clock();

  // Run everything that is due now, including what the tasks push meanwhile, and return the runs in their order: those
  // of the broker with the lowest priority index first, in each broker the earliest first. As many runs as `most` mean
  // that more may be due. When a store fails, the call ends early, log() says so, and the next call goes on: what was
  // not settled is settled then, without another run.
  std::vector<ObservedRun> runDue(std::size_t most = kMaxRunsPerCall);
  // The same for everything that becomes due within `time`, in the order of time: the clock moves from one due time to
  // the next, and stands at the end of that time at last (unless the call ends early).
  std::vector<ObservedRun> runFor(Duration time, std::size_t most = kMaxRunsPerCall);
  // The same until no task waits any more.
  std::vector<ObservedRun> runAll(std::size_t most = kMaxRunsPerCall);
  // When the next task can run; the time of the clock, or before it, if one is due. None: no task waits.
  std::optional<Time> nextDue();

  // All tasks in the queues: those that wait, ordered by broker and time, and then those that are buried.
  std::vector<StoredTask> tasks();
  std::vector<StoredTask> waiting();
  std::vector<StoredTask> buried();
  // None: no queue has this task (any more).
  std::optional<StoredTask> find(std::string_view id);
  // The sums over all brokers.
  TaskCounts counts();
  // The record of a task; null: it has none.
  Json record(std::string_view id);
  // What a real instance would have written to its log itself: names that could not be registered, tasks that failed,
  // unknown names, stores that failed. What tasks log stands in their runs.
  const std::vector<LoggedLine>& log() const;

  // brokerFaults(): the faults of one broker's store. metaFaults(): those of the store of the records. Both act on the
  // code under test and on the instance. An empty name means the first broker; std::out_of_range: no broker has it.
  StoreFaults& brokerFaults(std::string_view name = {});
  StoreFaults& metaFaults();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace leptir::testing
