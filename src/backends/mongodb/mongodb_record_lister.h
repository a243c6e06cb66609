// Lists records page after page by (leptir.saved, _id), the newest first, and then those that PHP leptir saved, which
// do not have that time. (README.md, "Lists".)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/mongodb_client.h"
#include "leptir/spi/simple_meta_storage.h"

namespace leptir::mongodb {

inline constexpr const char* kRecordSaved = "leptir.saved";

// One call of SimpleMetaStorage::listRecords. The server finds records by the time when they were saved; the rest of a
// filter is compared here, so that a call reads a bounded number of documents.
class MongodbRecordLister {
 public:
  // The arguments must outlive this object.
  MongodbRecordLister(MongodbClient& client, const std::string& collection, const MetaFilter& filter, std::size_t limit)
      : client_(client), collection_(collection), filter_(filter), limit_(limit) {}

  Result<RecordList> list(std::string_view cursor);

 private:
  // The last record that was compared; nothing: none.
  struct Position {
    std::optional<std::int64_t> saved{};
    std::optional<Document> id{};  // {_id}
  };

  static std::optional<Position> positionIn(std::string_view cursor);
  std::string cursorText() const;
  bool isFull() const;
  std::vector<Document> filters() const;
  Document savedRange() const;
  bool isEarliestFirst() const { return filter_.order == ListOrder::EarliestFirst; }
  bool hasTimeBounds() const { return filter_.savedFrom || filter_.savedBefore; }
  MongodbResult<std::vector<Document>> readStep();
  void addIfMatching(DocumentView document);

  MongodbClient& client_;
  const std::string& collection_;
  const MetaFilter& filter_;
  const std::size_t limit_;
  Time now_{};
  Position at_;
  RecordList list_;
  std::size_t bytes_ = 0;  // of the documents in list_
};

}  // namespace leptir::mongodb
