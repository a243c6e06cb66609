// For tests: clients of a server's database or of a proxy in front of it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "backends/mongodb/mongodb_client.h"
#include "tests/support/mongodb_server.h"

namespace leptir::mongodb {

// The defaults of all keys of a broker's connection, but for those that are given.
inline Json mongodbConnectionOf(const Json& given) {
  Json all = {{"collection", "tasks"}};
  for (const auto& key : mongodbAddressKeys()) all[std::string(key.name)] = key.defaultValue;
  all.update(given);
  return all;
}

inline std::unique_ptr<MongodbClient> clientOf(const Json& connection) {
  auto address = mongodbAddress(mongodbConnectionOf(connection));
  if (!address) throw std::runtime_error(address.error().message());
  auto pool = MongodbPool::open(std::move(*address));
  if (!pool) throw std::runtime_error(pool.error().message());
  return std::make_unique<MongodbClient>(std::move(*pool));
}

inline std::unique_ptr<MongodbClient> clientOf(const std::string& uri, const MongodbDatabase& database) {
  return clientOf({{"uri", uri}, {"database", database.name()}});
}

inline std::vector<Document> numberedDocuments(int count) {
  std::vector<Document> documents;
  for (int i = 0; i < count; ++i) documents.push_back(Document().add("_id", i).add("text", std::to_string(i)));
  return documents;
}

// What a client of a server does or says, with the time that it takes.
template <class Call>
std::chrono::milliseconds timeOf(Call call) {
  const auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
}

}  // namespace leptir::mongodb
