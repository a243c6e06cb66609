#include <cstdlib>
#include <map>
#include <stdexcept>

#include "tests/support/mongodb_ask.h"
#include "tests/support/mongodb_server.h"
#include "tests/support/server_loan.h"

namespace leptir {
namespace {

bool answers(const Json& offer) {
  try {
    askMongodb(offer.at("uri"), "admin", R"({"ping": 1})");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::unique_ptr<MongodbServer> makeShared(const MongodbServer::Options& options) {
  const char* const given = std::getenv("LEPTIR_TEST_MONGODB");
  if (options == MongodbServer::Options{} && given != nullptr && *given != '\0')
    return std::make_unique<MongodbServer>(std::string(given));
  // The time of a Shifted server never goes back, so the next process could not have the machine's.
  auto loan = options.time == MongodbServer::Time::Shifted ? nullptr : borrowMongodbServer(options);
  return loan ? std::make_unique<MongodbServer>(std::move(loan)) : std::make_unique<MongodbServer>(options);
}

}  // namespace

std::unique_ptr<ServerLoan> borrowMongodbServer(const MongodbServer::Options& options) {
  const auto word = [](auto option) { return std::to_string(static_cast<int>(option)); };
  return borrowServer({"mongodb", {word(options.transport), word(options.access), word(options.time)}, answers});
}

MongodbServer& sharedMongodbServer(const MongodbServer::Options& options) {
  static std::map<MongodbServer::Options, std::unique_ptr<MongodbServer>> servers;
  auto& server = servers[options];
  if (server == nullptr) server = makeShared(options);
  server->resetClock();
  return *server;
}

}  // namespace leptir
