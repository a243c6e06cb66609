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
constexpr Duration kWatchAgainAfterRefusal = 60s;  // the right to a command, to a folder
// When a store does not name the saved records, looking at all of them takes at most a fifth of the time.
constexpr int kPauseAfterLook = 4;

}  // namespace

RecordWatcher::Ticket RecordWatcher::add(std::string id, Json previous) {
  const auto ticket = ++lastTicket_;
  entries_.emplace(ticket, Entry{id, std::move(previous)});  // first: whatever has a ticket has an entry
  ticketsOf_.emplace(id, ticket);
  toLookAt_.insert(std::move(id));
  interval_ = kFirstInterval;
  if (!watch_) lookAtAllBy(systemClock().bootTime() + interval_);
  return ticket;
}

void RecordWatcher::remove(Ticket ticket) {
  const auto entry = entries_.find(ticket);
  if (entry == entries_.end()) return;
  const auto [first, last] = ticketsOf_.equal_range(entry->second.id);
  ticketsOf_.erase(std::find_if(first, last, [ticket](const auto& each) { return each.second == ticket; }));
  entries_.erase(entry);
}

std::vector<RecordWatcher::Ended> RecordWatcher::wait(Duration longest, Wake& wake) {
  const auto until = base::saturatedAdd(systemClock().bootTime(), longest);
  if (entries_.empty()) return wake.waitFor(longest), std::vector<Ended>();
  while (true) {
    watchUnlessWatching();
    const bool couldAsk = !storeError_;
    auto ended = look();
    if (!ended.empty() || couldAsk == storeError_.has_value() || systemClock().bootTime() >= until) return ended;
    if (sleep(std::min(until, lookAtAllAt_), wake)) return {};
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
  if (watching) return lookAtAllBy(now);  // what was saved before
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

std::vector<RecordWatcher::Ended> RecordWatcher::look() {
  const auto wanted = idsToLookAt();
  if (wanted.empty()) return {};
  const std::vector<std::string> ids(wanted.begin(), wanted.end());
  const auto began = systemClock().bootTime();
  const auto records = storages_.loadMetaInfos(ids);
  storeError_ = records ? std::nullopt : std::optional(records.error());
  if (ids.size() > 1) notAllBefore_ = systemClock().bootTime() + (systemClock().bootTime() - began) * kPauseAfterLook;
  return records ? endedAmong(ids, *records) : std::vector<Ended>();
}

// All ids if that look is due, otherwise those that are new or that the watch named.
std::set<std::string> RecordWatcher::idsToLookAt() {
  auto ids = std::exchange(toLookAt_, {});
  const auto now = systemClock().bootTime();
  if (now < lookAtAllAt_) return ids;
  for (const auto& [id, ticket] : ticketsOf_) ids.insert(ids.end(), id);
  planNextLook(now);
  return ids;
}

void RecordWatcher::planNextLook(BootTime now) {
  isLookDueToNews_ = false;
  lookAtAllAt_ = now + (watch_ ? kIntervalWithWatch : interval_);
  interval_ = std::min(interval_ * 2, kMaxInterval);
}

void RecordWatcher::lookAtAllBy(BootTime time) {
  lookAtAllAt_ = std::min(lookAtAllAt_, time);
}

std::vector<RecordWatcher::Ended> RecordWatcher::endedAmong(const std::vector<std::string>& ids,
                                                            const std::vector<std::optional<Json>>& records) {
  std::vector<Ended> ended;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!records[i] || !isOver(*records[i])) continue;
    const auto [first, last] = ticketsOf_.equal_range(ids[i]);
    for (auto each = first; each != last; ++each) {
      if (entries_.at(each->second).previous != *records[i]) ended.push_back({each->second, ids[i], *records[i]});
    }
  }
  for (const auto& each : ended) remove(each.ticket);
  return ended;
}

bool RecordWatcher::sleep(BootTime until, Wake& wake) {
  const auto longest = until - systemClock().bootTime();
  if (!watch_ || isLookDueToNews_ || longest <= Duration::zero()) return wake.waitFor(longest);
  const auto news = watch_->wait(longest, wake);
  if (news) {
    noteNews(*news);
    return news->isWoken;
  }
  watch_.reset();
  watchAgainAt_ = systemClock().bootTime() + kWatchAgainAfter;
  interval_ = kFirstInterval;
  lookAtAllBy(systemClock().bootTime() + interval_);
  return false;
}

void RecordWatcher::noteNews(const RecordNews& news) {
  for (const auto& id : news.ids) {
    if (ticketsOf_.contains(id)) toLookAt_.insert(id);
  }
  if (!news.mayBeAny) return;
  isLookDueToNews_ = true;
  lookAtAllBy(std::max(systemClock().bootTime(), notAllBefore_));
}

}  // namespace leptir::meta
