// Writes records so that an older one never replaces a newer one: one unordered update for all records of a call, then
// a look at those that another record was in the way of.
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
  // A record of the call that is neither saved nor known to be superseded.
  struct Pending {
    const MetaInfo* info;
    Document statement;
    bool isPlain = false;  // in the form of withJsonAsText(), since the server refused the full one
  };

  std::vector<Pending> pendingOf(std::span<const MetaInfo> records);
  Document statementOf(const MetaInfo& info);
  // Each returns the records that have to be sent once more.
  Result<std::vector<Pending>> send(std::vector<Pending> pending);
  Result<std::vector<Pending>> afterReply(const WriteReply& reply, std::vector<Pending> sent);
  Result<std::vector<Pending>> notSuperseded(std::vector<Pending> contested);
  Result<Pending> inPlainForm(Pending refused, const MongodbError& why);

  MongodbClient& client_;
  std::string collection_;
  std::optional<Duration> expireAfter_;
  std::size_t maxDocumentBytes_;
  Time now_{};        // of the server, when the call began
  Time lastSaved_{};  // the `saved` of the last record: they rise, so that they order the records of one call
};

}  // namespace leptir::mongodb
