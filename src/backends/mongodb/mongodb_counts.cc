#include "backends/mongodb/mongodb_counts.h"

#include <span>

#include "backends/mongodb/list_steps.h"
#include "backends/mongodb/task_update.h"

namespace leptir::mongodb {
namespace {

Document aggregation(const std::string& collection, std::span<const Document> stages) {
  return Document()
      .add("aggregate", collection)
      .add("pipeline", stages)
      .add("cursor", Document())
      .add("maxTimeMS", kMaxStepMs);
}

std::uint64_t numberIn(DocumentView group, const char* field) {
  return static_cast<std::uint64_t>(group.integer(field).value_or(0));
}

// {_id: state, all, due}: how many there are, and how many of them are due.
Document groupByState(Time now) {
  Document isDue;
  BCON_APPEND(isDue.mutableBson(), "$cond", "[", "{", "$lte", "[", "$leptir.due",
              BCON_DATE_TIME(std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count()), "]", "}",
              BCON_INT64(1), BCON_INT64(0), "]");
  return op("$group", Document().add("_id", "$leptir.state").add("all", op("$sum", 1)).add("due", op("$sum", isDue)));
}

}  // namespace

MongodbResult<TaskCounts> countTasks(MongodbQueue& queue) {
  const auto now = queue.client->serverTime();
  if (!now) return tl::unexpected(now.error());
  const std::vector<std::string> states{state::kWaiting, state::kLeased, state::kBuried};
  const auto ours = Document().add(field::kState, op("$in", std::span<const std::string>(states)));
  const std::vector<Document> stages{op("$match", ours), groupByState(*now)};
  const auto reply = queue.client->read(aggregation(queue.tasks, stages), ReadFrom::AsConfigured);
  if (!reply) return tl::unexpected(reply.error());
  TaskCounts counts;
  for (const auto& group : DocumentView(*reply).documents("cursor.firstBatch")) {
    const auto state = group.text("_id").value_or("");
    const auto all = numberIn(group, "all"), due = numberIn(group, "due");
    if (state == state::kLeased) {
      counts.leased += all;
    } else if (state == state::kBuried) {
      counts.buried += all;
    } else if (state == state::kWaiting) {
      counts.due += due;
      counts.scheduled += all - due;
    }
  }
  return counts;
}

MongodbResult<std::map<std::string, std::uint64_t>> countLeasedBySession(MongodbQueue& queue,
                                                                         const std::vector<std::string>& sessions) {
  const auto theirs = Document().add(field::kSession, op("$in", std::span<const std::string>(sessions)));
  const std::vector<Document> stages{op("$match", theirs),
                                     op("$group", Document().add("_id", "$leptir.session").add("all", op("$sum", 1)))};
  const auto reply = queue.client->read(aggregation(queue.tasks, stages));
  if (!reply) return tl::unexpected(reply.error());
  std::map<std::string, std::uint64_t> counts;
  for (const auto& group : DocumentView(*reply).documents("cursor.firstBatch"))
    counts[std::string(group.text("_id").value_or(""))] = numberIn(group, "all");
  return counts;
}

}  // namespace leptir::mongodb
