#include "settlement/unknown_names.h"

#include <algorithm>
#include <vector>

namespace leptir::settlement {
namespace {

// A task that does not come again for so long after its time has left the queue: it was run elsewhere or cancelled.
constexpr Duration kReturnTolerance = std::chrono::minutes(1);

}  // namespace

std::optional<Duration> delayAfterUnknownName(std::uint32_t times) {
  using namespace std::chrono_literals;
  Duration waited{}, delay = 30s;
  for (std::uint32_t i = 1; i < times; ++i) {
    waited += delay;
    if (waited >= 24h) return std::nullopt;
    delay = std::min<Duration>(delay * 2, 10min);
  }
  return delay;
}

std::optional<Duration> UnknownNames::noteLease(std::string_view id, std::string_view name, BootTime now) {
  auto found = tasks_.find(id);
  if (found == tasks_.end()) {
    if (tasks_.size() >= kMaxTasks) forgetOldest();
    found = tasks_.emplace(id, Entry{.name = std::string(name)}).first;
  }
  auto& entry = found->second;
  entry.last = now;
  const auto delay = delayAfterUnknownName(++entry.leases);
  if (delay)
    entry.nextLeaseAt = now + *delay;
  else
    tasks_.erase(found);
  return delay;
}

void UnknownNames::forget(std::string_view id) {
  if (tasks_.empty()) return;
  const auto found = tasks_.find(id);
  if (found != tasks_.end()) tasks_.erase(found);
}

std::size_t UnknownNames::countRepeatedlyLeased(BootTime now) const {
  return static_cast<std::size_t>(std::ranges::count_if(tasks_, [now](const auto& task) {
    return task.second.leases > 1 && now <= task.second.nextLeaseAt + kReturnTolerance;
  }));
}

std::set<std::string> UnknownNames::names() const {
  std::set<std::string> names;
  for (const auto& [id, entry] : tasks_) names.insert(entry.name);
  return names;
}

// Forgets the older half: mostly tasks that another program has run meanwhile.
void UnknownNames::forgetOldest() {
  std::vector<BootTime> times;
  for (const auto& [id, entry] : tasks_) times.push_back(entry.last);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  std::erase_if(tasks_, [oldest = *middle](const auto& task) { return task.second.last < oldest; });
  if (tasks_.size() >= kMaxTasks) tasks_.clear();  // all were leased at the same instant
}

}  // namespace leptir::settlement
