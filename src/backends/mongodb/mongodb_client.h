// MongodbClient: one thread's access to a deployment. It sends commands, and tells what the server is.
#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/bson.h"
#include "backends/mongodb/mongodb_bulk.h"
#include "backends/mongodb/mongodb_error.h"
#include "backends/mongodb/mongodb_pool.h"
#include "backends/mongodb/mongodb_server_info.h"
#include "leptir/clock.h"

namespace leptir::mongodb {

// Where a read may go.
enum class ReadFrom { Primary, AsConfigured };

// One thread at a time. It takes a client out of the pool with its first call. In a forked child each call is an error.
// A call ends within 5 s. A read that lost its connection, or met a server that is no longer the primary, has been
// repeated once when it fails; a write only where ServerInfo::retriesWrites, and if it changes one document at a time.
class MongodbClient {
 public:
  explicit MongodbClient(std::shared_ptr<MongodbPool> pool);
  ~MongodbClient();
  MongodbClient(const MongodbClient&) = delete;
  MongodbClient& operator=(const MongodbClient&) = delete;

  // Asks the server once, and again after a reconnect.
  MongodbResult<ServerInfo> serverInfo();

  // A command of the database that reads, with the configured read preference or from the primary.
  MongodbResult<Document> read(const Document& command, ReadFrom from = ReadFrom::Primary);
  // A command that writes and whose reply is wanted whole (findAndModify, createIndexes), with write concern majority
  // and journal.
  MongodbResult<Document> write(const Document& command);
  // `find` with all its batches. `options`: sort, limit, projection, hint as fields.
  MongodbResult<std::vector<Document>> find(std::string_view collection, const Document& filter,
                                            const Document& options, ReadFrom from = ReadFrom::Primary);
  // The same from the primary, but the result ends with the document that makes it exceed `bytes`.
  MongodbResult<std::vector<Document>> findUpTo(std::size_t bytes, std::string_view collection, const Document& filter,
                                                const Document& options);
  // `aggregate` of a collection with all its batches, from the primary.
  MongodbResult<std::vector<Document>> aggregate(std::string_view collection, std::span<const Document> stages);
  // Unordered `insert`, `update` or `delete` of many statements, split by the limits of the server. A failure of the
  // whole command is the error; failures of single statements are in the reply.
  MongodbResult<WriteReply> insertAll(std::string_view collection, std::span<const Document> documents);
  // statements: {q, u, multi, upsert, …}
  MongodbResult<WriteReply> updateAll(std::string_view collection, std::span<const Document> statements);
  // statements: {q, limit}
  MongodbResult<WriteReply> deleteAll(std::string_view collection, std::span<const Document> statements);

  // The server's time now, by the clock that $$NOW reads, not later than true but for the server's rounding to
  // milliseconds: as of the last answer plus the time since its reply. It asks `aggregate: 1, [{$documents: [{}]},
  // {$project: {now: "$$NOW"}}]`, again once the answer is older than MongodbPool::clockMaxAge(); a server that lacks
  // $documents (before 5.1) by `hello`. (`localTime` of hello alone does not do: FerretDB has that of its own process,
  // which is not the clock of $$NOW.)
  MongodbResult<Time> serverTime();

  const std::string& where() const;  // "mongodb db1:27017": the beginning of messages
  const std::string& database() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leptir::mongodb
