// A server that speaks MongoDB's protocol for end-to-end tests, and PHP producers and consumers that use the same
// collections.
#pragma once

#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "tests/e2e/server_store.h"
#include "tests/support/mongodb_server.h"

namespace leptir::e2e {

class MongodbStore final : public ServerStore {
 public:
  explicit MongodbStore(ServerUse use = ServerUse::Shared)
      : own_(use == ServerUse::Own ? std::make_unique<MongodbServer>() : nullptr) {}

  std::string configuration() const override {
    const auto uri = own_ == nullptr ? server.uri() : server.uri("serverSelectionTimeoutMS=500");
    return "type: mongodb, connection: { uri: \"" + uri + "\", database: " + database.name() + " }";
  }
  std::string configurationWith(const std::string& password) override {
    const auto& users = sharedMongodbServer({.access = MongodbServer::Access::Users});
    return fmt::format(
        "type: mongodb, connection: {{ host: 127.0.0.1, port: {}, user: leptir, password: {}, "
        "options: {{ serverSelectionTimeoutMS: 500 }} }}",
        users.port(), password);
  }

  void pushAsPhp(const std::string& id, const std::string& name) override {
    const auto due = fmt::format("{:08x}0.98465517", std::time(nullptr));
    insert(R"({"cn": ")" + name + R"(", "pr": 0, "tl": 0, "toex": "", "td": {"id": ")" + id +
           R"(", "parameters": []}, "_id": ")" + due + R"("})");
  }
  std::size_t pushMalformed() override {
    insert(R"({"_id": 1}, {"_id": {"a": [1]}, "cn": 17}, {"_id": "x", "cn": "noop", "td": 5}, {"cn": [], "td": {}})");
    return 4;
  }
  void takeAllAsPhp() override { database.ask(R"({"delete": "tasks", "deletes": [{"q": {}, "limit": 0}]})"); }
  std::size_t queued() override { return find("tasks").size(); }  // a count without a filter may be an estimate
  Json record(const std::string& id) override {
    const auto found = find("info", R"({"_id": ")" + id + "\"}");
    return found.empty() ? Json() : found.at(0);
  }
  void insert(const std::string& documents) {
    database.ask(R"({"insert": "tasks", "documents": [)" + documents + "]}");
  }
  Json find(const std::string& collection, const std::string& filter = "{}") {
    return database.ask(R"({"find": ")" + collection + R"(", "filter": )" + filter + "}").at("cursor").at("firstBatch");
  }

  void stop() override { server.stop(); }
  void start() override { server.start(); }

 private:
  const std::unique_ptr<MongodbServer> own_;

 public:
  MongodbServer& server = own_ == nullptr ? sharedMongodbServer() : *own_;
  MongodbDatabase database{server};
};

}  // namespace leptir::e2e
