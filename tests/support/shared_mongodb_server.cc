#include <cstdlib>
#include <map>

#include "tests/support/mongodb_loan.h"
#include "tests/support/mongodb_server.h"

namespace leptir {
namespace {

std::unique_ptr<MongodbServer> makeShared(const MongodbServer::Options& options) {
  const char* const given = std::getenv("LEPTIR_TEST_MONGODB");
  if (options == MongodbServer::Options{} && given != nullptr && *given != '\0')
    return std::make_unique<MongodbServer>(std::string(given));
  // The time of a Shifted server never goes back, so the next process could not have the machine's.
  auto loan = options.time == MongodbServer::Time::Shifted ? nullptr : borrowMongodbServer(options);
  return loan ? std::make_unique<MongodbServer>(std::move(loan)) : std::make_unique<MongodbServer>(options);
}

}  // namespace

MongodbServer& sharedMongodbServer(const MongodbServer::Options& options) {
  static std::map<MongodbServer::Options, std::unique_ptr<MongodbServer>> servers;
  auto& server = servers[options];
  if (server == nullptr) server = makeShared(options);
  server->resetClock();
  return *server;
}

}  // namespace leptir
