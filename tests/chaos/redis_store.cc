#include "tests/chaos/redis_store.h"

#include "tests/support/redis_server.h"

namespace leptir::chaos {
namespace {

namespace fs = std::filesystem;

class RedisStore final : public StoreServer {
 public:
  explicit RedisStore(const fs::path& folder) : link_(folder / "link.sock", server_.socket()) {}

  void stop() override { server_.stop(); }
  void start() override { server_.start(); }
  void kill() override { server_.kill(); }
  void limitMemory(std::size_t more) override {
    const auto info = server_.ask({"INFO", "memory"}).get<std::string>();
    const auto used = std::stoull(info.substr(info.find("used_memory:") + 12));
    server_.ask({"CONFIG", "SET", "maxmemory", std::to_string(used + more)});
  }
  LinkProxy& link() override { return link_; }

  std::string throughLink() const { return store(link_.path()); }
  std::string direct() const { return store(server_.socket()); }
  // Another queue, reached past the link.
  std::string elsewhere() const { return store(server_.socket(), ", key: elsewhere"); }

 private:
  static std::string store(const fs::path& socket, const std::string& more = "") {
    return "type: redis, connection: { scheme: unix, path: " + socket.string() + ", operation_timeout: 1" + more + " }";
  }

  RedisServer server_{RedisServer::Settings{"appendonly yes", "appendfsync everysec"}};
  LinkProxy link_;
};

}  // namespace

Store openRedisStore(const fs::path& folder) {
  auto server = std::make_shared<RedisStore>(folder);
  return {server->throughLink(), server->elsewhere(), server, server->direct()};
}

}  // namespace leptir::chaos
