// What tasks say of themselves, a line each, in a file that outlives every kill: `start|end|child id lease owner pid
// boottime_ns`. A line is one write() to a descriptor opened to append, so lines are whole and in order.
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
  End,    // it came to its own end
  Child,  // it started a process, whose pid this is
};

struct LedgerLine {
  Mark mark = Mark::Start;
  std::string id;
  std::uint64_t lease = 0;
  pid_t owner = 0;  // the master
  pid_t pid = 0;
  std::int64_t bootNs = 0;
};

// CLOCK_BOOTTIME, which all processes of the machine share.
std::int64_t bootNsNow();

// Opens, writes, closes: what a task did to other descriptors does not matter. False: it could not be written.
bool append(const std::filesystem::path& file, const LedgerLine& line);

// Nothing when it is no such line.
std::optional<LedgerLine> parseLedgerLine(std::string_view line);
// All whole lines. A last one without its end, or a broken one, is answered in `broken`.
std::vector<LedgerLine> readLedger(const std::filesystem::path& file, std::vector<std::string>* broken = nullptr);

// What pushers say: `sent id` before the push, `acknowledged id` after it answered well.
struct PushLog {
  std::set<std::string> sent, acknowledged;
};
bool appendPush(const std::filesystem::path& file, std::string_view word, const std::vector<std::string>& ids);
PushLog readPushLog(const std::filesystem::path& file);

}  // namespace leptir::chaos
