#include "tests/chaos/mongodb_store.h"

#include <stdexcept>

#include "tests/chaos/without_mark.h"
#include "tests/support/mongodb_proxy.h"
#include "tests/support/mongodb_server.h"

namespace leptir::chaos {
namespace {

namespace fs = std::filesystem;

class MongodbStore final : public StoreServer {
 public:
  void stop() override { server_.stop(); }
  void start() override {
    const WithoutMark unmarked;
    server_.start();
  }
  void kill() override { server_.kill(); }
  void limitMemory(std::size_t) override { throw std::logic_error("a MongoDB server has no limit of memory"); }
  // MayNotWrite: another member is the primary now. IsBusy: the server shuts down.
  void refuse(Refusal how) override {
    const auto error = how == Refusal::MayNotWrite
                           ? MongodbFault::error(MongodbFault::When::Before, 10107, "NotWritablePrimary")
                           : MongodbFault::error(MongodbFault::When::Before, 91, "ShutdownInProgress");
    proxy_.inject({.name = "", .times = MongodbCommands::kAlways}, error);
  }
  void serveAgain() override { proxy_.heal(); }
  long refused() override { return proxy_.faults(); }
  void partition() override { proxy_.freeze(); }
  void heal() override { proxy_.thaw(); }

  std::string throughProxy() const { return store(proxy_.uri(kTimeouts)); }
  std::string direct() const { return store(server_.uri(kTimeouts)); }
  // Another database on the same server, without the proxy.
  std::string elsewhere() const { return store(server_.uri(kTimeouts), ", database: elsewhere"); }

 private:
  // A second for each step of an operation, so that faults are noticed within a lease.
  static constexpr const char* kTimeouts = "serverSelectionTimeoutMS=1000&connectTimeoutMS=1000&socketTimeoutMS=1000";

  static std::string store(const std::string& uri, const std::string& more = "") {
    return "type: mongodb, connection: { uri: \"" + uri + "\"" + more + " }";
  }

  MongodbServer server_;
  MongodbProxy proxy_{server_};
};

}  // namespace

Store openMongodbStore(const fs::path&) {
  auto server = std::make_shared<MongodbStore>();
  return {server->throughProxy(), server->elsewhere(), server, server->direct()};
}

}  // namespace leptir::chaos
