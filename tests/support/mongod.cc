// A mongod of the machine, as a replica set of one.
#include <stdexcept>

#include "tests/support/mongodb_ask.h"
#include "tests/support/mongodb_process.h"

namespace leptir {
namespace {

class Mongod final : public MongodbProcess {
 public:
  explicit Mongod(const MongodbServer::Options& options) : MongodbProcess(options) {
    std::filesystem::create_directory(folder_ / "data");
    std::filesystem::permissions(folder_.write("key", "cmVwbGljYQ=="), std::filesystem::perms::owner_read);
  }
  ~Mongod() override { kill(); }

  void stop() override { front_.end(SIGTERM); }
  void kill() override { front_.end(SIGKILL); }
  std::string log() const override { return readWholeFile(folder_ / "mongod.log"); }

 private:
  void launch() override;
  void prepare() override;
  std::string ownOptions() const override { return "replicaSet=leptir"; }
};

void Mongod::launch() {
  ServerProgram program{
      {"mongod", "--port", std::to_string(port()), "--bind_ip", "127.0.0.1", "--dbpath", folder_ / "data", "--replSet",
       "leptir", "--setParameter", "ttlMonitorSleepSecs=1", "--wiredTigerCacheSizeGB", "0.25"},
      folder_ / "mongod.log"};
  auto& words = program.words;
  if (hasUsers()) words.insert(words.end(), {"--auth", "--keyFile", folder_ / "key"});
  if (hasTls()) {
    words.insert(words.end(), {"--tlsMode", "requireTLS", "--tlsCertificateKeyFile", certificate()});
    words.insert(words.end(), {"--tlsCAFile", authority()});
    if (!wantsCertificates()) words.push_back("--tlsAllowConnectionsWithoutCertificates");
  }
  front_.start(program);
}

// A mongod without users takes these commands from this machine.
void Mongod::prepare() {
  const auto admin = [&](const std::string& command) { return askMongodb(address("", {}), "admin", command); };
  if (!admin(R"({"hello": 1})").contains("setName")) {
    const auto member = "127.0.0.1:" + std::to_string(port());
    admin(R"({"replSetInitiate": {"_id": "leptir", "members": [{"_id": 0, "host": ")" + member + R"("}]}})");
  }
  if (!admin(R"({"hello": 1})").value("isWritablePrimary", false)) throw std::runtime_error("no primary yet");
  if (hasUsers()) admin(R"({"createUser": "leptir", "pwd": "leptir", "roles": [{"role": "root", "db": "admin"}]})");
}

}  // namespace

bool hasMongod() {
  static const bool found = std::system("command -v mongod >/dev/null") == 0;
  return found;
}

std::unique_ptr<MongodbProcess> makeMongod(const MongodbServer::Options& options) {
  return std::make_unique<Mongod>(options);
}

}  // namespace leptir
