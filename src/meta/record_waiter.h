// Lets many threads wait for the ends of tasks at once, over one connection: one of the waiting threads leads, which
// means that it watches the records for all, until its own wait is over; then another leads.
#pragma once

#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leptir/meta_storage.h"
#include "leptir/spi/wake.h"
#include "meta/record_watcher.h"

namespace leptir::meta {

// Why no thread can wait for the end of a task when no meta storage is configured.
inline constexpr std::string_view kCannotWait =
    "no meta_storage is configured, so nothing says when a task is over and how it ended: add one to the "
    "configuration, "
    "for example 'meta_storage: [{ type: sqlite, connection: { path: leptir.db } }]' beside 'brokers:'";

// Any thread. It has no thread of its own.
class RecordWaiter {
 public:
  explicit RecordWaiter(MetaStorage storages) : storages_(std::move(storages)), watcher_(storages_) {}

  // As Broker::wait. When a storage throws, the thread that leads passes the exception on, and another leads.
  Result<Json> wait(std::string_view id, Duration timeout, const Json& previous);

 private:
  struct Waiting {
    std::string id;
    Json previous;
    BootTime deadline;
    std::optional<RecordWatcher::Ticket> ticket{};  // empty: the watcher does not know it yet
    std::optional<Json> record{};                   // set by the leader
    std::condition_variable changed{};              // the record was set, or no thread leads
  };
  using Lock = std::unique_lock<std::mutex>;
  class Membership;
  class Leadership;

  std::optional<Error> waitForRecord(Waiting& waiting);
  void lead(Lock& lock, Waiting& waiting);
  std::vector<RecordWatcher::EndedTask> watch(Lock& lock, BootTime until);
  void updateWatcher();
  void distribute(std::vector<RecordWatcher::EndedTask> ended);
  void deregister(Waiting& waiting) noexcept;
  Result<Json> finalCheck(const Waiting& waiting, Duration timeout, const std::optional<Error>& storeError);
  static bool isTimeLeft(const Waiting& waiting) { return systemClock().bootTime() < waiting.deadline; }

  MetaStorage storages_;
  RecordWatcher watcher_;  // only for the thread that leads
  Wake wake_;              // ends the wait of the thread that leads

  std::mutex mutex_;  // guards all below, and the members of each Waiting
  bool isLed_ = false;
  std::list<Waiting*> all_;
  std::map<RecordWatcher::Ticket, Waiting*> byTicket_;
  // Of threads that wait no more; the watcher still has them. Has room for the tickets of all threads.
  std::vector<RecordWatcher::Ticket> abandoned_;
  std::optional<Error> storeError_;
};

}  // namespace leptir::meta
