// The address of a MongoDB deployment and how to talk to it: the `connection` block of a configuration as values.
#pragma once

#include <span>
#include <string>

#include "leptir/json.h"
#include "leptir/result.h"
#include "leptir/spi/backend.h"

namespace leptir::mongodb {

struct MongodbAddress {
  std::string uri;    // for libmongoc, with every option; it may hold a password: never printed
  std::string where;  // "mongodb db1:27017,db2:27017": the beginning of messages, without user and password
  std::string database;
  std::string collection;

  // Two addresses with the same key share a pool: one deployment, one database.
  std::string poolKey() const;
};

// The keys of `connection` that brokers and meta storages have in common; `collection` differs in its default.
std::span<const ConfigKey> mongodbAddressKeys();

// Reads `uri` or `host` and `port`, `database`, `collection`, `user`, `password`, `options` (every option of
// libmongoc's connection strings by name; `connect` and `secondaryPreferred` are PHP leptir's), TLS. Invalid: says
// which key and why.
Result<MongodbAddress> mongodbAddress(const Json& connection);

}  // namespace leptir::mongodb
