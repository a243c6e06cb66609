// Many statements of one kind in one call: libmongoc splits them by the limits of the server, and repeats those that
// change one document each after a broken connection, where the deployment has retryable writes.
#pragma once

#include <mongoc/mongoc.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/bson.h"
#include "backends/mongodb/mongodb_error.h"

namespace leptir::mongodb {

// Reply to a write command (insert, update, delete): the sum of its parts, if it was split.
struct WriteReply {
  std::int64_t matched = 0;   // `n`: inserted, matched or upserted, deleted
  std::int64_t modified = 0;  // `nModified`
  struct Failure {
    std::size_t index = 0;  // of the statement
    MongodbError error{};
  };
  std::vector<Failure> failures{};  // of single statements, ordered by index; the others were applied
};

// Is used for one call; the client must outlive this object.
class MongodbBulk {
 public:
  MongodbBulk(mongoc_client_t* client, const std::string& database, const std::string& collection,
              std::int64_t maxDocumentBytes, std::string_view where);

  void insert(const Document& document);
  void update(const Document& statement);  // {q, u, multi, upsert, …}
  void remove(const Document& statement);  // {q, limit}

  MongodbResult<WriteReply> execute();

 private:
  bool isTooLarge(const Document& statement);
  // `isAdded`: whether libmongoc took the statement.
  void noteAdded(bool isAdded, const bson_error_t& error);

  std::string where_;
  std::int64_t maxDocumentBytes_;
  std::unique_ptr<mongoc_bulk_operation_t, decltype(&mongoc_bulk_operation_destroy)> bulk_;
  std::size_t statements_ = 0;
  std::vector<std::size_t> sent_;  // the numbers of the statements that libmongoc took
  WriteReply reply_;
};

}  // namespace leptir::mongodb
