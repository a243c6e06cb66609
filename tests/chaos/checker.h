// Reads what is left after a row of faults, and says what must not be.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "leptir/simple_broker.h"
#include "tests/chaos/ledger.h"

namespace leptir::chaos {

// Of a record, what the checker compares.
struct RecordSeen {
  std::uint64_t lease = 0;
  bool settled = false;
  bool succeeded = false;
  std::string cause;
};

// A process of ours at two times.
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
  std::map<std::string, TaskState> store;  // the tasks that are still in it
  std::map<std::string, RecordSeen> records;
  std::map<pid_t, std::int64_t> lastSeenAlive;  // processes that are dead, and when they still were not
  std::map<pid_t, Standstill> standstills;
  std::vector<std::string> orphans;  // processes of the instance, after its end
  std::vector<Growth> growth;
};

struct Findings {
  std::vector<std::string> lost;          // answered by the push, and nowhere any more, without an end
  std::vector<std::string> phantom;       // ran, and nobody had pushed it
  std::vector<std::string> overlap;       // two runs of one task at the same time
  std::vector<std::string> stale;         // a lease that is not the newest changed something; or one lease ran twice
  std::vector<std::string> metaMismatch;  // what the record says did not happen, or the other way round
  std::vector<std::string> orphans;
  std::vector<std::string> growth;
  std::vector<std::string> broken;  // lines of the ledger that are none
  std::size_t tasks = 0;            // acknowledged
  std::size_t duplicates = 0;       // runs beyond the first of each task

  bool clean() const;
  std::string describe() const;
};

Findings check(const Evidence& evidence);

// From the death of a run's process to the next run of its task, in milliseconds, for all that have both.
std::vector<double> recoveriesOf(const Evidence& evidence);

}  // namespace leptir::chaos
