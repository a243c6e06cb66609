#include "meta/record_waiter.h"

#include <algorithm>
#include <utility>

#include "base/duration_text.h"
#include "base/saturated.h"
#include "leptir/task_record.h"

namespace leptir::meta {
namespace {

// A condition variable cannot wait as long as a Duration can be.
constexpr Duration kMaxSleep = std::chrono::hours(1);

// Lets other threads have the lock while it lives.
class Unlocked {
 public:
  explicit Unlocked(std::unique_lock<std::mutex>& lock) : lock_(lock) { lock_.unlock(); }
  ~Unlocked() { lock_.lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::unique_lock<std::mutex>& lock_;
};

}  // namespace

// While it lives, the thread waits.
class RecordWaiter::Membership {
 public:
  Membership(RecordWaiter& waiter, Waiting& waiting)
      : waiter_(waiter), waiting_(waiting), position_(waiter.all_.insert(waiter.all_.end(), &waiting)) {}
  ~Membership() {
    waiter_.all_.erase(position_);
    waiter_.deregister(waiting_);
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

 private:
  RecordWaiter& waiter_;
  Waiting& waiting_;
  const std::list<Waiting*>::iterator position_;
};

// While it lives, the thread leads.
class RecordWaiter::Leadership {
 public:
  explicit Leadership(RecordWaiter& waiter) : waiter_(waiter) { waiter_.isLed_ = true; }
  ~Leadership() { waiter_.isLed_ = false; }
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

 private:
  RecordWaiter& waiter_;
};

Result<Json> RecordWaiter::wait(std::string_view id, Duration timeout, const Json& previous) {
  Waiting waiting{std::string(id), previous, base::saturatedAdd(systemClock().bootTime(), timeout)};
  const auto storeError = waitForRecord(waiting);
  if (waiting.record) return std::move(*waiting.record);
  return finalCheck(waiting, timeout, storeError);
}

// Returns why no storage could be asked at the last check.
std::optional<Error> RecordWaiter::waitForRecord(Waiting& waiting) {
  Lock lock(mutex_);
  if (all_.empty()) storeError_.reset();
  const Membership waits(*this, waiting);
  if (isLed_) wake_.ring();
  while (!waiting.record && isTimeLeft(waiting)) {
    if (!isLed_) {
      lead(lock, waiting);
    } else {
      waiting.changed.wait_for(lock, std::min(waiting.deadline - systemClock().bootTime(), kMaxSleep));
    }
  }
  return storeError_;
}

void RecordWaiter::lead(Lock& lock, Waiting& waiting) {
  const Leadership leads(*this);
  while (!waiting.record && isTimeLeft(waiting)) {
    updateWatcher();
    distribute(watch(lock, waiting.deadline));
    storeError_ = watcher_.storeError();
  }
  if (all_.size() == 1) watcher_.suspend();  // only this thread waited
}

std::vector<RecordWatcher::EndedTask> RecordWaiter::watch(Lock& lock, BootTime until) {
  const Unlocked others(lock);  // other threads may begin and end their waits meanwhile
  return watcher_.wait(until - systemClock().bootTime(), wake_);
}

void RecordWaiter::updateWatcher() {
  for (const auto ticket : abandoned_) watcher_.remove(ticket);
  abandoned_.clear();
  abandoned_.reserve(all_.size());
  for (auto* each : all_) {
    if (each->ticket || each->record) continue;
    const auto ticket = watcher_.add(each->id, each->previous);
    byTicket_.emplace(ticket, each);
    each->ticket = ticket;
  }
}

void RecordWaiter::distribute(std::vector<RecordWatcher::EndedTask> ended) {
  for (auto& each : ended) {
    const auto found = byTicket_.find(each.ticket);
    if (found == byTicket_.end()) continue;  // that thread waits no more
    found->second->record = std::move(each.record);
    found->second->changed.notify_one();
    byTicket_.erase(found);
  }
}

// If no thread leads, one that still waits has to.
void RecordWaiter::deregister(Waiting& waiting) noexcept {
  if (waiting.ticket && byTicket_.erase(*waiting.ticket) > 0) abandoned_.push_back(*waiting.ticket);
  const auto next = std::ranges::find_if(all_, [](const Waiting* each) { return !each->record; });
  if (!isLed_ && next != all_.end()) (*next)->changed.notify_one();
}

// A damaged record shows only here. Stores that did not answer the leader are not asked again by each thread.
Result<Json> RecordWaiter::finalCheck(const Waiting& waiting, Duration timeout,
                                      const std::optional<Error>& storeError) {
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
