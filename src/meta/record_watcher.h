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
  struct Ended {
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
  std::vector<Ended> wait(Duration longest, Wake& wake);

  // The next wait() begins with a look at all records.
  void lookAtAllNext() { lookAtAllBy(systemClock().bootTime()); }
  // No thread waits for now: the store need not tell us anything.
  void suspend();

  // Why no storage could be asked at the last look; empty: one answered.
  const std::optional<Error>& storeError() const { return storeError_; }

 private:
  struct Entry {
    std::string id;
    Json previous;
  };

  void watchUnlessWatching();
  Result<void> tryToWatch();
  void noteNews(const RecordNews& news);
  void lookAtAllBy(BootTime time);
  void planNextLook(BootTime began);
  std::vector<Ended> look();
  std::set<std::string> idsToLookAt();
  std::vector<Ended> endedAmong(const std::vector<std::string>& ids, const std::vector<std::optional<Json>>& records);
  // Returns whether `wake` was rung.
  bool sleep(BootTime until, Wake& wake);

  MetaStorage& storages_;
  Ticket lastTicket_ = 0;
  std::map<Ticket, Entry> entries_;
  std::multimap<std::string, Ticket, std::less<>> ticketsOf_;  // by id
  std::set<std::string> toLookAt_;                             // ids of new entries, or that the watch named
  std::unique_ptr<RecordWatch> watch_;
  bool canWatch_ = true;     // false: no storage can wake us
  BootTime watchAgainAt_{};  // not tried before
  BootTime lookAtAllAt_{};
  BootTime notAllBefore_{};       // so that looks at many records take only a part of the time
  bool isLookDueToNews_ = false;  // lookAtAllAt_ was moved forward by news: more news change nothing
  Duration interval_{};           // between looks without a watch
  std::optional<Error> storeError_;
};

}  // namespace leptir::meta
