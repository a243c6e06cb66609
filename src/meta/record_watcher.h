// Waits for the ends of any number of tasks: it looks at their records when a meta storage says that records were saved
// (RecordWatch), and from time to time in any case.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/meta_storage.h"
#include "leptir/spi/record_watch.h"
#include "leptir/spi/wake.h"

namespace leptir::meta {

// One thread at a time.
class RecordWatcher {
 public:
  using Ticket = std::uint64_t;
  struct EndedTask {
    Ticket ticket = 0;
    std::string id{};
    Json record{};
  };

  // `storages` must outlive this object. Nothing is opened before the first wait.
  explicit RecordWatcher(MetaStorage& storages) : storages_(storages) {}

  // From now on wait() returns the task's record once the task is over (isOver). A record that equals `previous` is
  // ignored: that of an earlier task of the same id. One id may be added several times.
  Ticket add(std::string id, Json previous = {});
  void remove(Ticket ticket);
  std::size_t size() const { return entries_.size(); }

  // Returns the tasks that are over, each once; they are removed. Empty: `longest` has passed, `wake` was rung, or the
  // stores stopped or began to answer (storeError). It may take longer by as long as the stores take to answer.
  std::vector<EndedTask> wait(Duration longest, Wake& wake);

  // The next wait() begins with a check of all records.
  void checkAllNext() { checkAllBy(systemClock().bootTime()); }
  // For when no thread waits: the store need not report saved records until the next wait().
  void suspend();

  // Why no storage could be asked at the last check; empty: one answered.
  const std::optional<Error>& storeError() const { return storeError_; }

 private:
  struct Entry {
    std::string id;
    Json previous;
  };

  void watchUnlessWatching();
  Result<void> tryToWatch();
  void noteNews(const RecordNews& news);
  void checkAllBy(BootTime time);
  void planNextFullCheck(BootTime now);
  std::vector<EndedTask> checkDueRecords();
  std::set<std::string> takeIdsToCheck();
  std::vector<EndedTask> endedAmong(const std::vector<std::string>& ids,
                                    const std::vector<std::optional<Json>>& records);
  // Returns whether `wake` was rung.
  bool sleep(BootTime until, Wake& wake);

  MetaStorage& storages_;
  Ticket lastTicket_ = 0;
  std::map<Ticket, Entry> entries_;
  std::multimap<std::string, Ticket, std::less<>> ticketsById_;  // by id
  std::set<std::string> idsToCheck_;                             // ids of new entries, or that the watch named
  std::unique_ptr<RecordWatch> watch_;
  bool canWatch_ = true;     // false: no storage can wake us
  BootTime watchAgainAt_{};  // no watch is opened before this time
  BootTime nextFullCheck_{};
  BootTime earliestFullCheck_{};       // so that checks of many records take only a part of the time
  bool isFullCheckDueToNews_ = false;  // nextFullCheck_ was moved forward by news: more news change nothing
  Duration interval_{};                // between full checks without a watch
  std::optional<Error> storeError_;
};

}  // namespace leptir::meta
