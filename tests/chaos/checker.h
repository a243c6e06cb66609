// Checks the evidence that a fault test leaves, and lists each broken promise.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/spi/simple_broker.h"
#include "tests/chaos/ledger.h"

namespace leptir::chaos {

// The fields of a record that the checker compares.
struct RecordSeen {
  std::uint64_t lease = 0;
  bool settled = false;
  bool succeeded = false;
  std::string cause;
};

// Descriptors and memory of a process of the instance at two times.
struct Growth {
  std::string who;
  long descriptorsBefore = 0, descriptorsAfter = 0;
  long kilobytesBefore = 0, kilobytesAfter = 0;
  long kilobytesAllowed = 0;
};

// From the SIGSTOP of a process to its SIGCONT, in ns of CLOCK_BOOTTIME.
struct Standstill {
  std::int64_t from = 0, to = 0;
};

struct Evidence {
  std::vector<LedgerLine> ledger;
  std::vector<std::string> brokenLines;
  PushLog pushes;
  std::map<std::string, TaskState> store;  // the tasks that are still in the store
  std::map<std::string, RecordSeen> records;
  std::map<pid_t, std::int64_t> lastSeenAlive;  // of dead processes: when each was last seen alive
  std::map<pid_t, Standstill> standstills;
  std::vector<std::string> orphans;  // processes that were left after the end of the instance
  std::vector<Growth> growth;
};

struct Findings {
  std::vector<std::string> lost;          // the push succeeded, but the task neither ended nor is in the store
  std::vector<std::string> phantom;       // ran without having been pushed
  std::vector<std::string> overlap;       // two runs of one task at the same time
  std::vector<std::string> stale;         // an outdated lease changed something, or one lease ran twice
  std::vector<std::string> metaMismatch;  // the record contradicts the ledger
  std::vector<std::string> orphans;
  std::vector<std::string> growth;
  std::vector<std::string> broken;  // malformed lines of the ledger
  std::size_t tasks = 0;            // tasks whose push succeeded
  std::size_t duplicates = 0;       // repeated runs: those beyond the first run of each task

  bool clean() const;
  std::string describe() const;
};

Findings check(const Evidence& evidence);

// Milliseconds from the death of a process to the next run of its task, for each task that ran again.
std::vector<double> recoveriesOf(const Evidence& evidence);

}  // namespace leptir::chaos
