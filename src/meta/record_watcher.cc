#include "meta/record_watcher.h"

#include <algorithm>
#include <utility>

#include "base/saturated.h"
#include "leptir/spi/simple_meta_storage.h"
#include "leptir/task_record.h"

namespace leptir::meta {
namespace {

using namespace std::chrono_literals;

// While a storage wakes us, all records are looked at this often, in case that news were lost or that a program other
// than leptir saved a record.
constexpr Duration kIntervalWithWatch = 1s;
// Without such a storage: the first interval after a task was added, and the longest.
constexpr Duration kFirstInterval = 20ms;
constexpr Duration kMaxInterval = 1s;
constexpr Duration kWatchAgainAfter = 1s;
constexpr Duration kWatchAgainAfterRefusal = 60s;  // such as a missing right to a command or folder
// Full checks due to news: after each a pause of this many times its duration, so at most a fifth of the time.
constexpr int kPauseFactor = 4;

}  // namespace

RecordWatcher::Ticket RecordWatcher::add(std::string id, Json previous) {
  const auto ticket = ++lastTicket_;
  entries_.emplace(ticket, Entry{id, std::move(previous)});  // first: whatever has a ticket has an entry
  ticketsById_.emplace(id, ticket);
  idsToCheck_.insert(std::move(id));
  interval_ = kFirstInterval;
  if (!watch_) checkAllBy(systemClock().bootTime() + interval_);
  return ticket;
}

void RecordWatcher::remove(Ticket ticket) {
  const auto entry = entries_.find(ticket);
  if (entry == entries_.end()) return;
  const auto [first, last] = ticketsById_.equal_range(entry->second.id);
  ticketsById_.erase(std::find_if(first, last, [ticket](const auto& each) { return each.second == ticket; }));
  entries_.erase(entry);
}

std::vector<RecordWatcher::EndedTask> RecordWatcher::wait(Duration longest, Wake& wake) {
  const auto until = base::saturatedAdd(systemClock().bootTime(), longest);
  if (entries_.empty()) return wake.waitFor(longest), std::vector<EndedTask>();
  while (true) {
    watchUnlessWatching();
    const bool couldAsk = !storeError_;
    auto ended = checkDueRecords();
    if (!ended.empty() || couldAsk == storeError_.has_value() || systemClock().bootTime() >= until) return ended;
    if (sleep(std::min(until, nextFullCheck_), wake)) return {};
  }
}

void RecordWatcher::suspend() {
  if (watch_) watch_->suspend();
}

// The first storage that can wake us does: a record is saved in every storage before its task is acknowledged.
void RecordWatcher::watchUnlessWatching() {
  const auto now = systemClock().bootTime();
  if (watch_ || !canWatch_ || now < watchAgainAt_) return;
  const auto watching = tryToWatch();
  if (watching) return checkAllBy(now);  // finds what was saved before the watch began
  const auto code = watching.error().code();
  const bool maySoon = code == ErrorCode::Unavailable || code == ErrorCode::NotFound;
  canWatch_ = code != ErrorCode::Unsupported;
  watchAgainAt_ = systemClock().bootTime() + (maySoon ? kWatchAgainAfter : kWatchAgainAfterRefusal);
}

Result<void> RecordWatcher::tryToWatch() {
  Error why(ErrorCode::Unsupported, "no meta storage wakes a waiting process");
  for (std::size_t i = 0; i < storages_.size(); ++i) {
    const auto storage = storages_.access(i);
    auto watch = storage ? (*storage)->watchRecords() : Result<std::unique_ptr<RecordWatch>>(storage.error());
    if (watch) {
      watch_ = std::move(*watch);
      return {};
    }
    if (watch.error().code() != ErrorCode::Unsupported) why = watch.error();
  }
  return why;
}

std::vector<RecordWatcher::EndedTask> RecordWatcher::checkDueRecords() {
  const auto wanted = takeIdsToCheck();
  if (wanted.empty()) return {};
  const std::vector<std::string> ids(wanted.begin(), wanted.end());
  const auto began = systemClock().bootTime();
  const auto records = storages_.loadMetaInfos(ids);
  storeError_ = records ? std::nullopt : std::optional(records.error());
  if (ids.size() > 1) earliestFullCheck_ = systemClock().bootTime() + (systemClock().bootTime() - began) * kPauseFactor;
  return records ? endedAmong(ids, *records) : std::vector<EndedTask>();
}

// All ids if a full check is due, otherwise those that are new or that the watch named.
std::set<std::string> RecordWatcher::takeIdsToCheck() {
  auto ids = std::exchange(idsToCheck_, {});
  const auto now = systemClock().bootTime();
  if (now < nextFullCheck_) return ids;
  for (const auto& [id, ticket] : ticketsById_) ids.insert(ids.end(), id);
  planNextFullCheck(now);
  return ids;
}

void RecordWatcher::planNextFullCheck(BootTime now) {
  isFullCheckDueToNews_ = false;
  nextFullCheck_ = now + (watch_ ? kIntervalWithWatch : interval_);
  interval_ = std::min(interval_ * 2, kMaxInterval);
}

void RecordWatcher::checkAllBy(BootTime time) {
  nextFullCheck_ = std::min(nextFullCheck_, time);
}

std::vector<RecordWatcher::EndedTask> RecordWatcher::endedAmong(const std::vector<std::string>& ids,
                                                                const std::vector<std::optional<Json>>& records) {
  std::vector<EndedTask> ended;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!records[i] || !isOver(*records[i])) continue;
    const auto [first, last] = ticketsById_.equal_range(ids[i]);
    for (auto each = first; each != last; ++each) {
      if (entries_.at(each->second).previous != *records[i]) ended.push_back({each->second, ids[i], *records[i]});
    }
  }
  for (const auto& each : ended) remove(each.ticket);
  return ended;
}

bool RecordWatcher::sleep(BootTime until, Wake& wake) {
  const auto longest = until - systemClock().bootTime();
  if (!watch_ || isFullCheckDueToNews_ || longest <= Duration::zero()) return wake.waitFor(longest);
  const auto news = watch_->wait(longest, wake);
  if (news) {
    noteNews(*news);
    return news->isWoken;
  }
  watch_.reset();
  watchAgainAt_ = systemClock().bootTime() + kWatchAgainAfter;
  interval_ = kFirstInterval;
  checkAllBy(systemClock().bootTime() + interval_);
  return false;
}

void RecordWatcher::noteNews(const RecordNews& news) {
  for (const auto& id : news.ids) {
    if (ticketsById_.contains(id)) idsToCheck_.insert(id);
  }
  if (!news.hasUnknownIds) return;
  isFullCheckDueToNews_ = true;
  checkAllBy(std::max(systemClock().bootTime(), earliestFullCheck_));
}

}  // namespace leptir::meta
