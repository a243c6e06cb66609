#include "tests/support/mongodb_ask.h"

#include <mongoc/mongoc.h>

#include <memory>
#include <stdexcept>

#include "tests/support/bson_document.h"

namespace leptir {
namespace {

using Client = std::unique_ptr<mongoc_client_t, decltype(&mongoc_client_destroy)>;

}  // namespace

Json askMongodb(const std::string& uri, const std::string& database, const std::string& command) {
  ::mongoc_init();
  const Client client(::mongoc_client_new(uri.c_str()), &mongoc_client_destroy);
  if (client == nullptr) throw std::runtime_error("no address of a MongoDB server: " + uri);
  const auto document = BsonDocument::fromJson(command);
  bson_t said;
  bson_error_t error;
  const bool succeeded =
      ::mongoc_client_command_simple(client.get(), database.c_str(), document.get(), nullptr, &said, &error);
  const BsonDocument reply(::bson_copy(&said));
  ::bson_destroy(&said);
  if (!succeeded) throw std::runtime_error(command + ": " + error.message);
  return Json::parse(reply.json());
}

}  // namespace leptir
