#include "meta/record_waiter.h"

#include <algorithm>
#include <utility>

#include "base/duration_text.h"
#include "base/saturated.h"
#include "leptir/task_record.h"

namespace leptir::meta {
namespace {

// A condition variable cannot wait as long as a Duration can be.
constexpr Duration kLongestSleep = std::chrono::hours(1);

}  // namespace

Result<Json> RecordWaiter::wait(std::string_view id, Duration timeout, const Json& previous) {
  Waiting waiting{std::string(id), previous, base::saturatedAdd(systemClock().bootTime(), timeout)};
  Lock lock(mutex_);
  if (all_.empty()) storeError_.reset();
  const auto place = all_.insert(all_.end(), &waiting);
  if (isLed_) wake_.ring();
  waitUntilOver(lock, waiting);
  all_.erase(place);
  leave(waiting);
  if (waiting.record) return std::move(*waiting.record);
  const auto storeError = storeError_;
  lock.unlock();
  return lastLook(waiting, timeout, storeError);
}

void RecordWaiter::waitUntilOver(Lock& lock, Waiting& waiting) {
  while (!waiting.record && isTimeLeft(waiting)) {
    if (!isLed_) {
      lead(lock, waiting);
    } else {
      waiting.changed.wait_for(lock, std::min(waiting.deadline - systemClock().bootTime(), kLongestSleep));
    }
  }
}

void RecordWaiter::lead(Lock& lock, Waiting& waiting) {
  isLed_ = true;
  while (!waiting.record && isTimeLeft(waiting)) {
    tellWatcher();
    lock.unlock();
    auto ended = watcher_.wait(waiting.deadline - systemClock().bootTime(), wake_);
    auto storeError = watcher_.storeError();
    lock.lock();
    storeError_ = std::move(storeError);
    distribute(std::move(ended));
  }
  isLed_ = false;
  if (all_.size() == 1) watcher_.suspend();  // only this thread waited
}

void RecordWaiter::tellWatcher() {
  for (const auto ticket : std::exchange(abandoned_, {})) watcher_.remove(ticket);
  for (auto* each : all_) {
    if (each->ticket || each->record) continue;
    each->ticket = watcher_.add(each->id, each->previous);
    byTicket_[*each->ticket] = each;
  }
}

void RecordWaiter::distribute(std::vector<RecordWatcher::Ended> ended) {
  for (auto& each : ended) {
    const auto found = byTicket_.find(each.ticket);
    if (found == byTicket_.end()) continue;  // that thread waits no more
    found->second->record = std::move(each.record);
    found->second->changed.notify_one();
    byTicket_.erase(found);
  }
}

// If no thread leads, one that still waits has to.
void RecordWaiter::leave(Waiting& waiting) {
  if (waiting.ticket && byTicket_.erase(*waiting.ticket) > 0) abandoned_.push_back(*waiting.ticket);
  const auto next = std::ranges::find_if(all_, [](const Waiting* each) { return !each->record; });
  if (!isLed_ && next != all_.end()) (*next)->changed.notify_one();
}

// A damaged record shows only here. Stores that did not answer the leader are not asked again by each thread.
Result<Json> RecordWaiter::lastLook(const Waiting& waiting, Duration timeout, const std::optional<Error>& storeError) {
  const auto task = "task " + waiting.id;
  if (!storeError) {
    auto record = storages_.loadMetaInfoById(waiting.id);
    if (record && isOver(*record) && *record != waiting.previous) return record;
    if (!record && record.error().code() != ErrorCode::NotFound) return record.error().in(task);
  }
  return Error(ErrorCode::TimedOut,
               task + ": is not over after " + base::durationText(timeout) +
                   (storeError ? ", and its record could not be looked at: " + storeError->message()
                               : "; wait again, or look later ('leptir info " + waiting.id + "')"));
}

}  // namespace leptir::meta
