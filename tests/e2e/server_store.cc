#include "tests/e2e/server_store.h"

namespace leptir::e2e {

ServerStoreTest::ServerStoreTest(std::unique_ptr<ServerStore> made) : store(std::move(made)) {
  configure();
}

void ServerStoreTest::configure(const std::string& daemon, const std::string& rest) {
  configureOn(store->configuration(), daemon, rest);
}

void ServerStoreTest::configureOn(const std::string& where, const std::string& daemon, const std::string& rest) {
  writeConfig("leptir:\n  brokers: [{ " + where + " }]\n  meta_storage: [{ " + where +
              ", configuration: { expire_after_seconds: 86400 } }]\n" +
              "  daemon: { configuration: { number_of_workers: 2" + daemon + " } }\n" + rest);
}

bool ServerStoreTest::isDone(const std::string& id) {
  const auto saved = record(id);
  return saved.is_object() && saved.at("status") == 3;
}

}  // namespace leptir::e2e
