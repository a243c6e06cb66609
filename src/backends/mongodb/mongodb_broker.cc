#include "backends/mongodb/mongodb_broker.h"

#include <utility>

#include "backends/mongodb/collection_check.h"
#include "backends/mongodb/mongodb_counts.h"
#include "backends/mongodb/mongodb_examination.h"
#include "backends/mongodb/mongodb_rights.h"
#include "backends/mongodb/mongodb_session.h"
#include "backends/mongodb/queue_indexes.h"
#include "backends/mongodb/session_documents.h"

namespace leptir::mongodb {
namespace {

// Returns warnings for the traits.
Result<std::vector<std::string>> prepare(MongodbQueue& queue, BrokerUse use) {
  const auto checked = checkCollection(*queue.client, queue.tasks);
  const bool isNew = !checked && checked.error().code() == ErrorCode::NotFound;
  if (use == BrokerUse::Inspect) {
    // Without a broker `check` cannot try them later.
    const auto fine = isNew ? tryQueueRights(queue) : checked;
    return fine ? Result<std::vector<std::string>>(std::vector<std::string>()) : fine.error();
  }
  if (!checked && !isNew) return checked.error();
  auto warnings = prepareIndexes(queue);
  if (!warnings || use != BrokerUse::Dispatch) return warnings;
  const auto explained = slowLeaseWarnings(queue);
  if (!explained) return explained.error();
  warnings->insert(warnings->end(), explained->begin(), explained->end());
  return warnings;
}

}  // namespace

Result<std::unique_ptr<MongodbBroker>> MongodbBroker::open(std::shared_ptr<MongodbPool> pool, std::string collection,
                                                           BrokerUse use) {
  auto client = std::make_unique<MongodbClient>(pool);
  auto server = client->serverInfo();
  if (!server) return server.error().error();
  auto queue =
      std::make_shared<MongodbQueue>(std::move(pool), std::move(client), std::move(collection), std::move(*server));
  auto warnings = prepare(*queue, use);
  if (!warnings) return warnings.error();
  return std::unique_ptr<MongodbBroker>(new MongodbBroker(std::move(queue), std::move(*warnings)));
}

MongodbBroker::MongodbBroker(std::shared_ptr<MongodbQueue> queue, std::vector<std::string> warnings)
    : queue_(std::move(queue)),
      warnings_(std::move(warnings)),
      adoption_(*queue_),
      push_(*queue_, adoption_),
      keeper_(queue_),
      fleet_(queue_),
      recovery_(queue_) {}

Result<void> MongodbBroker::pushEncodedTasks(std::span<const EncodedTask> tasks) {
  return push_.push(tasks);
}

// A user who may only read counts what is adopted.
Result<TaskCounts> MongodbBroker::tasksCount() {
  const auto adopted = adoption_.adoptAll();
  if (!adopted && adopted.error().remedy != Remedy::Configure) return adopted.error().error();
  const auto counts = countTasks(*queue_);
  return counts ? Result<TaskCounts>(*counts) : counts.error().error();
}

Result<std::unique_ptr<BrokerSession>> MongodbBroker::openSession(const SessionId& session, const SessionInfo& info,
                                                                  Duration lease) {
  if (auto opened = SessionDocuments(*queue_).open(session, info, lease); !opened) return opened.error();
  queue_->ownInstances.insert(session.instance);
  return std::make_unique<MongodbSession>(queue_, session, MongodbSession::Begin::New);
}

Result<std::unique_ptr<BrokerSession>> MongodbBroker::resumeSession(const SessionId& session) {
  auto resumed = std::make_unique<MongodbSession>(queue_, session, MongodbSession::Begin::Resumed);
  if (auto open = resumed->checkOpen(); !open) return open.error();
  queue_->ownInstances.insert(session.instance);
  return resumed;
}

Result<void> MongodbBroker::endSessionsOf(std::string_view instance) {
  const auto ended = SessionDocuments(*queue_).expire(instance);
  return ended ? Result<void>() : ended.error().error();
}

std::vector<std::string> MongodbBroker::takeNotices() {
  return std::exchange(queue_->notices, {});
}

std::vector<StoreBurial> MongodbBroker::takeBurials() {
  return std::exchange(queue_->burials, {});
}

Result<StoreExamination> MongodbBroker::examine() {
  return examineQueue(*queue_);
}

Result<void> MongodbBroker::checkRights() {
  return tryQueueRights(*queue_);
}

BrokerTraits MongodbBroker::traitsOfEveryServer() {
  BrokerTraits traits;
  traits.pushesAtomically = false;
  traits.listsTasks = traits.listsLatestFirst = traits.reschedules = traits.keepsFleet = true;
  traits.duePrecision = std::chrono::milliseconds(1);
  traits.largestEnvelope = kLargestEnvelope;
  traits.durability = "a push is on disk on a majority of the servers";
  return traits;
}

BrokerTraits MongodbBroker::traits() const {
  auto traits = traitsOfEveryServer();
  traits.refusesRepeatedIds = queue_->hasUniqueIds;
  traits.durability = queue_->server.name + ": a push is on disk on " +
                      (queue_->server.retriesWrites ? "a majority of the servers" : "the one server") +
                      "; PHP consumers must not share the collection, since they take leased tasks too";
  traits.warnings = warnings_;
  if (!queue_->server.retriesWrites) traits.warnings.push_back(warningOf(standaloneFinding(queue_->client->where())));
  return traits;
}

}  // namespace leptir::mongodb
