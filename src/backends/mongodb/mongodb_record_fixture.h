// For tests of records on MongoDB: records, and how a storage is opened, saved to and asked.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_backend.h"

namespace leptir::mongodb {

using Ids = std::vector<std::string>;

inline std::unique_ptr<SimpleMetaStorage> openStorage(MongodbBackend& backend, const std::string& uri,
                                                      const std::string& database,
                                                      std::optional<Duration> expireAfter = {},
                                                      MetaUse use = MetaUse::Save) {
  Json connection{{"uri", uri}, {"database", database}};
  for (const auto& key : backend.metaConnectionKeys()) {
    if (!connection.contains(key.name)) connection[std::string(key.name)] = key.defaultValue;
  }
  auto opened = backend.openMetaStorage(connection, expireAfter, use);
  if (!opened) throw std::runtime_error(opened.error().message());
  return std::move(*opened);
}

inline MetaInfo record(std::string id, std::uint64_t lease = 1, std::string response = "") {
  MetaInfo info;
  info.id = std::move(id);
  info.lease = lease;
  info.returnCode = ExitStatus::Success;
  info.type = "Test";
  info.response = std::move(response);
  return info;
}

inline void save(SimpleMetaStorage& storage, const std::vector<MetaInfo>& records) {
  const auto saved = storage.saveMetaInfo(records);
  ASSERT_TRUE(saved) << saved.error().message();
}

inline Json load(SimpleMetaStorage& storage, std::string_view id) {
  const auto loaded = storage.loadMetaInfoById(id);
  return loaded ? *loaded : Json(loaded.error().message());
}

inline std::string responseOf(SimpleMetaStorage& storage, std::string_view id) {
  const auto loaded = load(storage, id);
  return loaded.is_object() ? loaded.value("respM", "") : loaded.get<std::string>();
}

inline Ids listed(SimpleMetaStorage& storage, const MetaFilter& filter = {}, Page page = {}) {
  Ids ids;
  const auto records = storage.listMetaInfo(filter, page);
  EXPECT_TRUE(records) << records.error().message();
  for (const auto& each : *records) ids.push_back(each.at("id"));
  return ids;
}

}  // namespace leptir::mongodb
