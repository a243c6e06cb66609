#include "backends/mongodb/mongodb_queue.h"

#include <algorithm>
#include <utility>

#include "base/task_id.h"

namespace leptir::mongodb {

MongodbQueue::MongodbQueue(std::shared_ptr<MongodbPool> itsPool, std::unique_ptr<MongodbClient> itsClient,
                           std::string collection, ServerInfo itsServer)
    : pool(std::move(itsPool)),
      client(std::move(itsClient)),
      tasks(std::move(collection)),
      sessions(tasks + ".sessions"),
      fleet(tasks + ".fleet"),
      server(std::move(itsServer)) {}

std::int64_t MongodbQueue::nextBurialNumber(Time now) {
  lastBurial_ = std::max<std::int64_t>(now.time_since_epoch().count(), lastBurial_ + 1);
  return lastBurial_;
}

void MongodbQueue::noteBurial(std::string id, std::string reason) {
  if (burials.size() < kMaxStoreBurials) burials.push_back({std::move(id), std::move(reason)});
}

std::string sessionName(const SessionId& session) {
  return session.instance + ":" + std::to_string(session.epoch);
}

std::string_view instanceIn(std::string_view sessionName) {
  return sessionName.substr(0, sessionName.find(':'));
}

std::string makeToken() {
  return base::makeInstanceName().substr(0, 24);
}

}  // namespace leptir::mongodb
