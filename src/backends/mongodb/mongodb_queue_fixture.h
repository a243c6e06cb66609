// For the tests of the queue: a database of its own on a real server, whose clock the test moves.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "backends/mongodb/mongodb_address.h"
#include "backends/mongodb/mongodb_broker.h"
#include "backends/mongodb/mongodb_client_fixture.h"
#include "backends/mongodb/mongodb_pool.h"
#include "tests/support/mongodb_server.h"

namespace leptir::mongodb {

using namespace std::chrono_literals;

// The value of a result. Throws an exception with the error, which fails the test.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(std::string(nameOf(result.error().code())) + ": " + result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

using Leases = std::vector<LeaseId>;
using Ids = std::vector<std::string>;

class MongodbQueueTest : public testing::Test {
 protected:
  static BrokerTask task(std::string id, std::optional<Time> due = {}) {
    BrokerTask task;
    task.id = std::move(id);
    task.name = "Test";
    task.timeOfExecution = due;
    return task;
  }
  static std::vector<BrokerTask> tasks(const std::string& prefix, int count) {
    std::vector<BrokerTask> made;
    for (int i = 1; i <= count; ++i) made.push_back(task(prefix + std::to_string(i)));
    return made;
  }
  static std::string idIn(const LeasedTask& task) { return Json::parse(task.envelope).at("td").at("id"); }
  static Leases leasesOf(const std::vector<LeasedTask>& leased) {
    Leases leases;
    for (const auto& each : leased) leases.push_back(each.lease);
    return leases;
  }

  MongodbAddress addressOf(const std::string& uri) {
    return must(mongodbAddress(mongodbConnectionOf({{"uri", uri}, {"database", database.name()}})));
  }
  Result<std::unique_ptr<MongodbBroker>> tryOpen(const std::string& uri, BrokerUse use = BrokerUse::Dispatch) {
    auto pool = MongodbPool::open(addressOf(uri), 0s);
    if (!pool) return pool.error();
    return MongodbBroker::open(std::move(*pool), "tasks", use);
  }
  std::unique_ptr<MongodbBroker> open() { return must(tryOpen(server.uri())); }

  static SessionId sessionId(char letter, std::uint64_t epoch = 1) { return {std::string(32, letter), epoch}; }
  std::unique_ptr<BrokerSession> openSession(MongodbBroker& broker, char letter) {
    return must(broker.openSession(sessionId(letter), {"host", 1, "0.1.0", 4}, 60s));
  }
  std::vector<LeasedTask> pop(BrokerSession& session, std::size_t limit = 100) {
    return must(session.popBrokerTasks(limit, 0s, wake));
  }

  // Inserts a document as another program does; it is Extended JSON.
  void insert(const std::string& document) { database.ask(R"({"insert": "tasks", "documents": [)" + document + "]}"); }
  // The documents that the filter finds, as Extended JSON.
  std::vector<Json> stored(const std::string& filter = "{}") {
    const auto found = database.ask(R"({"find": "tasks", "filter": )" + filter + "}");
    return found.at("cursor").at("firstBatch").get<std::vector<Json>>();
  }
  // Lets the session of the instance expire now.
  void expire(char letter) {
    database.ask(R"({"update": "tasks.sessions", "updates": [{"q": {"_id": ")" + std::string(32, letter) +
                 R"("}, "u": [{"$set": {"expires": "$$NOW"}}]}]})");
  }

  MongodbServer& server = sharedMongodbServer(MongodbServer::Time::Manual);
  MongodbDatabase database{server};
  Wake wake;
};

}  // namespace leptir::mongodb
