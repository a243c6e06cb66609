// The ledger: a file in which the tasks of the fault tests note their runs, a line each: `start|end|child id lease
// owner pid boottime_ns`. A line is one write() to a descriptor opened with O_APPEND, so lines are whole and in order
// even if processes are killed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace leptir::chaos {

enum class Mark {
  Start,  // a run began
  End,    // the run came to its own end
  Child,  // the run started a process, whose pid the line has
};

struct LedgerLine {
  Mark mark = Mark::Start;
  std::string id;
  std::uint64_t lease = 0;
  pid_t owner = 0;  // pid of the master
  pid_t pid = 0;
  std::int64_t bootNs = 0;
};

// CLOCK_BOOTTIME in ns, which all processes of the machine share.
std::int64_t bootNsNow();

// Opens the file, appends the line and closes it, so that damage of a task to other descriptors does not matter.
// Returns false if the line could not be written.
bool append(const std::filesystem::path& file, const LedgerLine& line);

// nullopt if the text is not a ledger line.
std::optional<LedgerLine> parseLedgerLine(std::string_view line);
// Returns the well-formed lines. Malformed lines, and a last line without a line feed, go to `broken`.
std::vector<LedgerLine> readLedger(const std::filesystem::path& file, std::vector<std::string>* broken = nullptr);

// The push log of a test: `sent id` before a push, `acknowledged id` after it has succeeded.
struct PushLog {
  std::set<std::string> sent, acknowledged;
};
bool appendPush(const std::filesystem::path& file, std::string_view word, const std::vector<std::string>& ids);
PushLog readPushLog(const std::filesystem::path& file);

}  // namespace leptir::chaos
