#include "tests/chaos/redis_store.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "tests/support/redis_server.h"
#include "tests/support/socket_proxy.h"

namespace leptir::chaos {
namespace {

namespace fs = std::filesystem;

class RedisStore final : public StoreServer {
 public:
  explicit RedisStore(const fs::path& folder) : proxy_(folder / "proxy.sock", server_.socket()) {}

  ~RedisStore() override { server_.kill(); }  // which ends endless_ if the test did not

  void stop() override { server_.stop(); }
  void start() override { server_.start(); }
  void kill() override { server_.kill(); }
  void limitMemory(std::size_t more) override {
    server_.ask({"CONFIG", "SET", "maxmemory", std::to_string(fact("memory", "used_memory") + more)});
  }
  void refuse(Refusal how) override {
    if (how == Refusal::MayNotWrite) {
      server_.ask({"REPLICAOF", "127.0.0.1", "1"});  // a port on which no server listens
      return;
    }
    server_.ask({"CONFIG", "SET", "busy-reply-threshold", "1"});
    endless_ =
        std::jthread([this] { EXPECT_THROW(server_.ask({"EVAL", "while true do end", "0"}), std::runtime_error); });
  }
  void serveAgain() override {
    if (!endless_.joinable()) {
      server_.ask({"REPLICAOF", "NO", "ONE"});
      return;
    }
    server_.ask({"SCRIPT", "KILL"});
    endless_.join();
  }
  long refused() override { return static_cast<long>(fact("stats", "total_error_replies")); }
  void partition() override { proxy_.freeze(); }
  void heal() override { proxy_.thaw(); }

  std::string throughProxy() const { return store(proxy_.path()); }
  std::string direct() const { return store(server_.socket()); }
  // Another queue on the same server, without the proxy.
  std::string elsewhere() const { return store(server_.socket(), ", key: elsewhere"); }

 private:
  std::uint64_t fact(std::string_view section, const std::string& name) {
    const auto info = "\n" + server_.ask({"INFO", section}).get<std::string>();
    return std::stoull(info.substr(info.find("\n" + name + ":") + name.size() + 2));
  }

  static std::string store(const fs::path& socket, const std::string& more = "") {
    return "type: redis, connection: { scheme: unix, path: " + socket.string() + ", operation_timeout: 1" + more + " }";
  }

  RedisServer server_{RedisServer::Settings{"appendonly yes", "appendfsync everysec"}};
  SocketProxy proxy_;
  std::jthread endless_;  // a client whose script never ends
};

}  // namespace

Store openRedisStore(const fs::path& folder) {
  auto server = std::make_shared<RedisStore>(folder);
  return {server->throughProxy(), server->elsewhere(), server, server->direct()};
}

}  // namespace leptir::chaos
