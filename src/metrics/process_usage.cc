#include "metrics/process_usage.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/proc_text.h"

namespace leptir::metrics {
namespace {

// Numbers of the fields of /proc/PID/stat behind the name, counted from 0: the state is the first one.
constexpr std::size_t kUserTimeField = 11, kSystemTimeField = 12, kStartTimeField = 19, kResidentPagesField = 21,
                      kFieldsOfStat = 22;

using Fields = std::array<std::uint64_t, kFieldsOfStat>;

// The name may have any characters, so the fields begin behind the last parenthesis.
std::optional<Fields> fieldsOf(std::string_view stat) {
  const auto name = stat.rfind(") ");
  if (name == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name + 2);
  Fields fields{};
  for (auto& field : fields) {
    const auto length = stat.find(' ');
    if (length == std::string_view::npos) return std::nullopt;
    std::from_chars(stat.data(), stat.data() + length, field);  // of the state and of numbers below zero: 0
    stat.remove_prefix(length + 1);
  }
  return fields;
}

// Unix seconds of the boot. It changes only when the wall clock is set; the time between the two readings, some
// hundred nanoseconds, is rounded away, so that a process has the same start time each time.
double bootedAt() {
  timespec wall{}, boot{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  const auto hundredths = std::lround(static_cast<double>(wall.tv_nsec - boot.tv_nsec) * 1e-7);
  return static_cast<double>(wall.tv_sec - boot.tv_sec) + static_cast<double>(hundredths) * 1e-2;
}

std::optional<std::uint64_t> openDescriptorsOf(int pid) {
  std::error_code unreadable;
  std::uint64_t open = 0;
  const std::filesystem::directory_iterator entries("/proc/" + std::to_string(pid) + "/fd", unreadable);
  if (unreadable) return std::nullopt;
  for (auto entry = begin(entries); entry != end(entries); entry.increment(unreadable)) {
    if (unreadable) return std::nullopt;
    ++open;
  }
  return open;
}

}  // namespace

std::optional<ProcessUsage> usageOf(int pid) {
  const auto stat = base::readProcText(pid, "stat");
  const auto fields = stat ? fieldsOf(*stat) : std::nullopt;
  if (!fields) return std::nullopt;
  const auto& values = *fields;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return ProcessUsage{.cpuSeconds = static_cast<double>(values[kUserTimeField] + values[kSystemTimeField]) / ticks,
                      .residentBytes = values[kResidentPagesField] * page,
                      .startedAt = bootedAt() + static_cast<double>(values[kStartTimeField]) / ticks,
                      .openDescriptors = openDescriptorsOf(pid)};
}

}  // namespace leptir::metrics
