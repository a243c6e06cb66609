// A redis-server for end-to-end tests, and PHP producers and consumers that use the same keys.
#pragma once

#include <ctime>

#include "tests/e2e/server_store.h"
#include "tests/support/redis_server.h"

namespace leptir::e2e {

class RedisStore final : public ServerStore {
 public:
  std::string configuration() const override { return at("scheme: unix, path: " + server.socket()); }
  std::string configurationWith(const std::string& password) override {
    return at("scheme: unix, path: " + server.socket() + ", password: " + password);
  }
  // More keys of the connection may follow in `connection`.
  static std::string at(const std::string& connection) { return "type: redis, connection: { " + connection + " }"; }

  void pushAsPhp(const std::string& id, const std::string& name) override {
    pushMember(R"({"cn":")" + name + R"(","pr":0,"tl":0,"toex":"","td":{"id":")" + id + R"(","parameters":[]}})");
  }
  std::size_t pushMalformed() override {
    const std::string malformed[] = {"", "not JSON", "[1,2]", "{\"cn\":\"noop\"", std::string(100'000, '[')};
    for (const auto& member : malformed) pushMember(member);
    return std::size(malformed);
  }
  void takeAllAsPhp() override { server.ask({"ZREMRANGEBYRANK", "leptir:ztasks", "0", "-1"}); }
  std::size_t queued() override { return server.ask({"ZCARD", "leptir:ztasks"}).get<std::size_t>(); }
  Json record(const std::string& id) override {
    const auto value = server.ask({"GET", "leptir:taskinfo:" + id});
    return value.is_string() ? Json::parse(value.get<std::string>()) : Json();
  }
  void pushMember(const std::string& member) {
    server.ask({"ZADD", "leptir:ztasks", std::to_string(std::time(nullptr)), member});
  }

  void stop() override { server.stop(); }
  void start() override { server.start(); }

  RedisServer server;
};

}  // namespace leptir::e2e
