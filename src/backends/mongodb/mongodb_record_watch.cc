#include "backends/mongodb/mongodb_record_watch.h"

#include <chrono>
#include <utility>

#include "backends/mongodb/mongodb_options.h"

namespace leptir::mongodb {

Result<std::unique_ptr<RecordWatch>> MongodbRecordWatch::begin(std::shared_ptr<MongodbPool> pool,
                                                               std::string collection) {
  std::unique_ptr<MongodbRecordWatch> made(new MongodbRecordWatch(std::move(pool), std::move(collection)));
  if (auto watching = made->watch(); !watching) return watching.error();
  return std::unique_ptr<RecordWatch>(std::move(made));
}

// The stream rings when it begins: what was saved before it is for the caller to look at.
Result<void> MongodbRecordWatch::watch() {
  changes_.emplace(pool_, collection_, recordChangesPipeline());
  Wake never;
  never.waitFor(std::chrono::milliseconds(kMaxWaitMs), changes_->descriptor());
  changes_->clear();
  if (changes_->isWatching()) return {};
  changes_.reset();
  return Error(ErrorCode::Unavailable, "no change stream of the collection " + collection_).in(pool_->address().where);
}

Result<RecordNews> MongodbRecordWatch::wait(Duration longest, Wake& wake) {
  if (!changes_) {
    if (auto watching = watch(); !watching) return watching.error();
    return RecordNews{.hasUnknownIds = true};
  }
  const bool isWoken = wake.waitFor(longest, changes_->descriptor());
  return RecordNews{.isWoken = isWoken, .hasUnknownIds = changes_->clear()};
}

}  // namespace leptir::mongodb
