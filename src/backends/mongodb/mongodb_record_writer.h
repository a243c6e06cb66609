// Writes records so that an older one never replaces a newer one. Records of tasks that have none yet, as a rule, are
// inserted; where a record is there, the server compares the two; only where it then keeps its own, this looks why.
// Each is one round trip for all records of a call.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/mongodb/bson.h"
#include "backends/mongodb/mongodb_client.h"
#include "leptir/result.h"
#include "leptir/spi/meta_info.h"

namespace leptir::mongodb {

class MongodbRecordWriter {
 public:
  // `client` must outlive this object. A record expires when the time `expireAfter` has passed since it was saved.
  MongodbRecordWriter(MongodbClient& client, std::string collection, std::optional<Duration> expireAfter,
                      std::size_t maxDocumentBytes);

  // A write whose outcome is unknown is Unavailable: writing the records again is harmless.
  Result<void> write(std::span<const MetaInfo> records);

 private:
  enum class Way { Insert, Replace };
  // A record of the call that is neither saved nor known to be superseded.
  struct Pending {
    const MetaInfo* info;
    Document document;
    Way way;
    bool hasJsonAsText = false;  // in the form of withJsonAsText(), since the server refused the full one
  };
  using List = std::vector<Pending>;
  struct Unsaved {
    List contested;  // another record of the task is there
    List refused;    // already converted by inJsonAsTextForm()
  };

  List pendingOf(std::span<const MetaInfo> records);
  Document documentOf(const MetaInfo& info);
  // Sends all, each its way. Returns those that have to be sent once more.
  Result<List> send(List pending);
  MongodbResult<WriteReply> insert(List& records);
  MongodbResult<WriteReply> replace(const List& records);
  Result<Unsaved> unsaved(const MongodbResult<WriteReply>& reply, List sent);
  Result<Pending> inJsonAsTextForm(Pending refused, const MongodbError& why);
  Result<List> withoutSuperseded(List contested);

  MongodbClient& client_;
  std::string collection_;
  std::optional<Duration> expireAfter_;
  std::size_t maxDocumentBytes_;
  Time now_{};        // of the server, when the call began
  Time lastSaved_{};  // the `saved` of the last record: they rise, so that they order the records of one call
};

}  // namespace leptir::mongodb
