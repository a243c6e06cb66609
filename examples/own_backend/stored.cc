#include "stored.h"

#include <utility>

namespace folder {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StoredTask, id, number, due, session, lease, cancelledBy, burial, reason, failures,
                                   crashes, expiries, unknown)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StoredSession, instance, epoch, isOpen, expires, host, version, pid, workers)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(StoredRecord, id, lease, step, number, saved)

namespace {

// writeJson puts everything on one line.
template <class Stored>
std::string write(const Stored& stored) {
  return leptir::writeJson(Json(stored)) + '\n' + stored.body;
}

}  // namespace

std::string contentOf(const StoredTask& task) {
  return write(task);
}
std::string contentOf(const StoredSession& session) {
  return write(session);
}
std::string contentOf(const StoredRecord& record) {
  return write(record);
}

// No function of a backend may throw (backend.h), but nlohmann's conversions do: this is the one place to catch that.
template <class Stored>
std::optional<Stored> storedIn(std::string_view content) {
  const auto end = content.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto fields = leptir::parseJson(content.substr(0, end));
  if (!fields) return std::nullopt;
  try {
    auto stored = fields->get<Stored>();
    stored.body = content.substr(end + 1);
    return stored;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

template std::optional<StoredTask> storedIn(std::string_view content);
template std::optional<StoredSession> storedIn(std::string_view content);
template std::optional<StoredRecord> storedIn(std::string_view content);

std::int64_t microsOf(Time time) {
  return time.time_since_epoch().count();
}

Time timeOf(std::int64_t micros) {
  return Time(Duration(micros));
}

std::string nameOf(const SessionId& session) {
  return session.instance + ":" + std::to_string(session.epoch);
}

Counters countersOf(const StoredTask& task) {
  return {.failures = task.failures, .crashes = task.crashes, .expiries = task.expiries, .unknown = task.unknown};
}

void setCounters(StoredTask& task, const Counters& counters) {
  task.failures = counters.failures;
  task.crashes = counters.crashes;
  task.expiries = counters.expiries;
  task.unknown = counters.unknown;
}

TaskState stateOf(const StoredTask& task, Time now) {
  if (task.burial != 0) return TaskState::Buried;
  if (!task.session.empty()) return TaskState::Leased;
  return timeOf(task.due) <= now ? TaskState::Due : TaskState::Scheduled;
}

LeasedTask leasedTaskOf(const StoredTask& task) {
  return {.envelope = task.body,
          .counters = countersOf(task),
          .lease = {.number = task.lease, .handle = task.id},
          .cancelledBy = task.cancelledBy};
}

FoundTask foundTaskOf(const StoredTask& task, Time now) {
  return {.id = task.id,
          .state = stateOf(task, now),
          .due = timeOf(task.due),
          .counters = countersOf(task),
          .envelope = task.body,
          .reason = task.reason};
}

void bury(StoredTask& task, std::string reason, std::uint64_t number) {
  task.session.clear();
  task.cancelledBy.clear();
  task.burial = number;
  task.reason = std::move(reason);
}

}  // namespace folder
