// What a broker, its sessions and its keeper share: the connection, the collections and what the server is.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/mongodb_client.h"
#include "leptir/spi/broker_session.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::mongodb {

struct MongodbQueue {
  MongodbQueue(std::shared_ptr<MongodbPool> itsPool, std::unique_ptr<MongodbClient> itsClient, std::string collection,
               ServerInfo itsServer);

  // A number for the burial of a task: the server's time `now` in microseconds, or more, so that burials of one
  // millisecond keep their order.
  std::int64_t nextBurialNumber(Time now);
  // A document was buried that no session could lease.
  void noteBurial(std::string id, std::string reason);

  std::shared_ptr<MongodbPool> pool;
  std::unique_ptr<MongodbClient> client;
  const std::string tasks;     // the collection of tasks
  const std::string sessions;  // the collection of sessions
  const std::string fleet;     // the collection of what instances and commands share
  ServerInfo server;
  bool hasUniqueIds = true;              // the index leptir_id is unique, which a sharded collection does not allow
  std::set<std::string> ownInstances;    // with sessions opened or resumed here; recovery never claims them
  std::vector<std::string> unadoptable;  // handles of documents that cannot become tasks; they are left alone
  std::vector<std::string> notices;      // for SimpleBroker::takeNotices
  std::vector<StoreBurial> burials;      // for SimpleBroker::takeBurials
  bool hasNotedVanished = false;         // that another program takes leased tasks

 private:
  std::int64_t lastBurial_ = 0;
};

// `leptir.session` of the tasks that the session has leased: "<instance>:<epoch>".
std::string sessionName(const SessionId& session);
// The instance in such a name; all of it where it has no colon.
std::string_view instanceIn(std::string_view sessionName);

// A new text of 24 hex digits that marks the documents that one command changes.
std::string makeToken();

}  // namespace leptir::mongodb
