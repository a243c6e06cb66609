// SimpleMetaStorage: the interface to a store of records, which each backend implements. A configuration can have
// several such stores; no operation is atomic across them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "leptir/meta_filter.h"
#include "leptir/page.h"
#include "leptir/result.h"
#include "leptir/spi/meta_info.h"
#include "leptir/spi/record_watch.h"
#include "leptir/spi/store_finding.h"
#include "leptir/spi/task_list.h"

namespace leptir {

// What a meta storage can and cannot do.
struct MetaTraits {
  bool lists = true;                    // listMetaInfo works
  bool listsSuccesses = true;           // listMetaInfo includes records of successful tasks
  bool listsByCursor = false;           // listRecords works
  bool listsEarliestFirst = false;      // listRecords works with ListOrder::EarliestFirst
  bool expiresByItself = true;          // the store removes expired records, so expire() does nothing
  std::string durability{};             // as in BrokerTraits
  std::vector<std::string> warnings{};  // as in BrokerTraits
};

// A page that SimpleMetaStorage::listRecords has read.
struct RecordList {
  std::vector<Json> records{};
  std::string cursor{};        // where the next page begins; empty: there are no more records
  std::uint64_t examined = 0;  // records that were compared with the filter
};
// As kMaxTasksExamined, for SimpleMetaStorage::listRecords.
inline constexpr std::uint64_t kMaxRecordsExamined = 10'000;

// Only one thread at a time may use it. The process that uses it opens it after the fork.
class SimpleMetaStorage {
 public:
  virtual ~SimpleMetaStorage() = default;

  // Saves all records. After an error some may have been saved; saving them again is harmless. A record replaces a
  // stored record of the same task only if its (lease, step) is larger; otherwise it changes nothing, which is no
  // error. One call may have several records of one task, in any order.
  virtual Result<void> saveMetaInfo(std::span<const MetaInfo> records) = 0;

  // Returns a record as JSON, with the fields of writeMetaInfo. NotFound: there is no record, or it has expired.
  virtual Result<Json> loadMetaInfoById(std::string_view id) = 0;
  // Returns the records of many tasks, in the order of `ids`; nullopt for a record that is missing or is no JSON. The
  // default loads them one by one; a store on a network overrides it to need few round trips.
  virtual Result<std::vector<std::optional<Json>>> loadMetaInfos(std::span<const std::string> ids);

  // Lists records, the newest first. Of the filter it compares `name`, `cause` and `status`; listRecords compares all.
  // Unsupported: the store cannot list records.
  virtual Result<std::vector<Json>> listMetaInfo(const MetaFilter& filter, Page page) = 0;

  // Lists the records that match, the newest first (with ListOrder::EarliestFirst the oldest first; Unsupported without
  // MetaTraits::listsEarliestFirst), at most `limit` (1 to 1,000), beginning behind `cursor`, which an
  // earlier call with the same filter has returned (empty: from the newest). A record that is not saved again while a
  // caller lists page after page is listed exactly once. As TaskKeeper::list, a call compares at most
  // kMaxRecordsExamined records with the filter, and may return fewer records than `limit` together with a cursor.
  // A page also ends with the record that brings it beyond kMaxPageBytes. Invalid: no call of this store has
  // returned such a cursor. Unsupported: the store cannot list records.
  virtual Result<RecordList> listRecords(const MetaFilter&, std::string_view /*cursor*/, std::size_t /*limit*/) {
    return Error(ErrorCode::Unsupported, "this store cannot list records page after page");
  }

  // Removes some expired records, few enough to take less than 100 ms, and returns how many it removed. Call it until
  // it returns 0.
  virtual Result<std::size_t> expire() = 0;

  // Begins to watch for records of tasks that are over, whichever process saves them: each record that is saved after
  // this call has returned ends a wait of the watch. So a caller first makes the watch, then looks at the records, then
  // waits. Saving must cost next to nothing while no process watches. Unsupported (the default): the store cannot wake
  // a waiting process. Unavailable: it cannot now.
  virtual Result<std::unique_ptr<RecordWatch>> watchRecords();

  // As SimpleBroker::checkRights, for saving and loading records.
  virtual Result<void> checkRights() { return {}; }

  // As SimpleBroker::examine. Findings that the broker of the same store tells as well are told once.
  virtual Result<StoreExamination> examine() { return examinationOf(traits().warnings); }

  virtual MetaTraits traits() const = 0;
};

}  // namespace leptir
