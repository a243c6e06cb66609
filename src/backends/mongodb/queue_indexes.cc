#include "backends/mongodb/queue_indexes.h"

#include <fmt/format.h>

#include "backends/mongodb/bson_to_json.h"
#include "backends/mongodb/mongodb_fleet.h"
#include "backends/mongodb/mongodb_indexes.h"
#include "backends/mongodb/session_documents.h"
#include "backends/mongodb/task_update.h"

namespace leptir::mongodb {
namespace {

enum class Ids { Unique, Repeatable };

std::vector<MongodbIndex> taskIndexes(Ids ids) {
  return {{.name = "leptir_due", .key = Document().add(field::kState, 1).add(field::kDue, 1).add("_id", 1)},
          {.name = "leptir_session", .key = Document().add(field::kSession, 1), .sparse = true},
          {.name = "leptir_buried", .key = Document().add(field::kBuriedAt, 1), .sparse = true},
          {.name = "leptir_id", .key = Document().add(field::kId, 1), .unique = ids == Ids::Unique, .sparse = true}};
}

// Invalid: sentences about all missing indexes. `ensureOrCheck`: ensureIndexes() or indexesThatCannotBeMade().
Result<void> applyToAll(MongodbQueue& queue, Ids ids, decltype(&ensureIndexes) ensureOrCheck) {
  const auto ofTasks = ensureOrCheck(*queue.client, queue.tasks, taskIndexes(ids));
  if (!ofTasks) return ofTasks.error();
  const auto ofSessions = ensureOrCheck(*queue.client, queue.sessions, SessionDocuments::indexes());
  if (!ofSessions) return ofSessions.error();
  const auto ofFleet = ensureOrCheck(*queue.client, queue.fleet, MongodbFleet::indexes());
  if (!ofFleet) return ofFleet.error();
  std::string all;
  for (const auto* const missing : {&*ofTasks, &*ofSessions, &*ofFleet}) {
    for (const auto& sentence : *missing) all += (all.empty() ? "" : "; ") + sentence;
  }
  return all.empty() ? Result<void>() : Error(ErrorCode::Invalid, all);
}

// The search of a lease must not read the whole collection. Servers explain in different forms, and some do not.
MongodbResult<bool> scansCollection(MongodbQueue& queue) {
  const auto query =
      Document()
          .add("find", queue.tasks)
          .add("filter", Document().add(field::kState, state::kWaiting).add(field::kDue, op("$lte", Time())))
          .add("sort", Document().add(field::kDue, 1).add("_id", 1))
          .add("limit", 1);
  const auto plan = queue.client->read(Document().add("explain", query).add("verbosity", "queryPlanner"));
  if (!plan)
    return plan.error().remedy == Remedy::Configure ? MongodbResult<bool>(false) : tl::unexpected(plan.error());
  std::string text;
  if (const auto winning = DocumentView(*plan).find("queryPlanner.winningPlan")) appendJson(*winning, text, 0);
  return text.find("COLLSCAN") != std::string::npos;
}

}  // namespace

Result<std::vector<std::string>> prepareIndexes(MongodbQueue& queue) {
  const auto there = applyToAll(queue, Ids::Unique, &ensureIndexes);
  if (there) return std::vector<std::string>();
  if (!queue.server.isSharded || there.error().code() != ErrorCode::Invalid) return there.error();
  if (auto repeatable = applyToAll(queue, Ids::Repeatable, &ensureIndexes); !repeatable) return repeatable.error();
  queue.hasUniqueIds = false;
  return std::vector<std::string>{queue.client->where() +
                                  ": the collection is sharded, so that the server cannot refuse a repeated id: two "
                                  "pushes of one id at the same moment may both add it"};
}

Result<void> checkIndexes(MongodbQueue& queue) {
  return applyToAll(queue, Ids::Unique, &indexesThatCannotBeMade);
}

std::vector<NeededIndexes> neededIndexes(const MongodbQueue& queue) {
  std::vector<NeededIndexes> needed;
  needed.push_back({queue.tasks, taskIndexes(queue.hasUniqueIds ? Ids::Unique : Ids::Repeatable)});
  const auto ofSessions = SessionDocuments::indexes(), ofFleet = MongodbFleet::indexes();
  needed.push_back({queue.sessions, {ofSessions.begin(), ofSessions.end()}});
  needed.push_back({queue.fleet, {ofFleet.begin(), ofFleet.end()}});
  return needed;
}

Result<std::vector<std::string>> slowLeaseWarnings(MongodbQueue& queue) {
  const auto scans = scansCollection(queue);
  if (!scans) return scans.error().error();
  if (!*scans) return std::vector<std::string>();
  return std::vector<std::string>{queue.client->where() +
                                  ": the server does not use the index leptir_due for leases, which makes them slow; "
                                  "look at hidden indexes and index filters"};
}

}  // namespace leptir::mongodb
