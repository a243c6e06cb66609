#include "backends/sqlite/sqlite_broker.h"

#include <chrono>

#include "backends/sqlite/session_lock.h"
#include "backends/sqlite/sqlite_schema.h"
#include "backends/sqlite/sqlite_session.h"
#include "base/failpoint.h"
#include "base/process_view.h"
#include "base/task_id.h"
#include "task/envelope.h"

namespace leptir::sqlite {
namespace {

using Kind = SqliteTransaction::Kind;

// One INSERT of several rows takes half the time of several statements; more than 32 rows gain nothing.
constexpr std::size_t kRowsAtOnce = 32;
// How long the rows of ended sessions are kept: they prevent that an epoch is opened twice.
constexpr std::chrono::hours kEndedSessionsStay{24 * 30};

std::string insertStatement(std::size_t rows) {
  std::string sql = "INSERT INTO leptir_tasks (id, due, failures, crashes, expiries, unknown, envelope) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) sql += i == 0 ? "(?,?,?,?,?,?,?)" : ",(?,?,?,?,?,?,?)";
  return sql + " ON CONFLICT (id) DO NOTHING";
}

// SQL: the next session number, the last one + 1. AUTOINCREMENT would fail once another program had set a row or the
// sequence to the largest number; then the number is drawn at random, and is hardly ever in use.
constexpr auto kNextSessionNumber =
    "(SELECT iif(last < 2305843009213693952, last + 1, 16777232 + abs(random() % 1152921504606846976))"
    " FROM (SELECT max(16777231, coalesce((SELECT max(number) FROM leptir_sessions), 0),"
    " coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = 'leptir_sessions'), 0)) AS last))";

// The seven parameters of one row, the first of them at `position`.
void bindRow(SqliteStatement& insert, int position, const BrokerTask& task, std::string_view envelope, Time now) {
  insert.bind(position, task.id);
  insert.bind(position + 1, task.timeOfExecution ? dueFrom(*task.timeOfExecution) : dueAtOnce(now));
  insert.bind(position + 2, task.counters.failures);
  insert.bind(position + 3, task.counters.crashes);
  insert.bind(position + 4, task.counters.expiries);
  insert.bind(position + 5, task.counters.unknown);
  insert.bind(position + 6, envelope);
}

}  // namespace

SqliteBroker::SqliteBroker(std::shared_ptr<SqliteConnection> connection, BrokerUse use)
    : queue_(std::make_shared<SqliteQueue>(std::move(connection))),
      connection_(*queue_->connection),
      use_(use),
      keeper_(queue_),
      recovery_(queue_),
      insertMany_(connection_, insertStatement(kRowsAtOnce)),
      insertOne_(connection_, insertStatement(1)),
      count_(connection_,
             "SELECT (SELECT count(*) FROM leptir_tasks WHERE holder = 16777216 AND due <= ?1),"
             " (SELECT count(*) FROM leptir_tasks WHERE holder = 16777216 AND due > ?1),"
             " (SELECT count(*) FROM leptir_tasks WHERE holder > 16777217),"
             " (SELECT count(*) FROM leptir_tasks WHERE holder = 16777217)"),
      lastEpoch_(connection_, "SELECT max(epoch) FROM leptir_sessions WHERE instance = ?"),
      claimEarlier_(connection_, "UPDATE leptir_sessions SET state = 1 WHERE instance = ? AND state = 0"),
      dropOld_(connection_, "DELETE FROM leptir_sessions WHERE state = 2 AND ended < ?"),
      insertFileNumber_(connection_,
                        "INSERT INTO leptir_state VALUES ('file', abs(random() % 4611686018427387904))"
                        " ON CONFLICT (name) DO NOTHING"),
      addSession_(connection_,
                  "INSERT INTO leptir_sessions"
                  " (number, instance, epoch, host, pid, version, workers, opened, lock, boot, visible, file)"
                  " VALUES (" +
                      std::string(kNextSessionNumber) + ", ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " + std::string(kThisFile) +
                      ") RETURNING number"),
      findSession_(connection_,
                   "SELECT number FROM leptir_sessions WHERE instance = ? AND epoch = ? AND state = 0 AND file = " +
                       std::string(kThisFile)) {
  if (use_ == BrokerUse::Dispatch) ++connection_.file().dispatchingBrokers;
}

SqliteBroker::~SqliteBroker() {
  if (use_ == BrokerUse::Dispatch) --connection_.file().dispatchingBrokers;
}

Result<void> SqliteBroker::pushBrokerTasks(std::span<const BrokerTask> tasks) {
  std::vector<std::string> envelopes;
  envelopes.reserve(tasks.size());
  for (const auto& task : tasks) {
    if (auto fine = task::checkBrokerTask(task); !fine) return fine;
    envelopes.push_back(task::encodeEnvelope(task));
  }
  if (tasks.empty()) return {};
  SqliteTransaction write(connection_, Kind::Write);
  insert(tasks, envelopes);
  LEPTIR_FAILPOINT("sqlite.push.before_commit");
  if (auto written = write.commit(); !written) return written;
  LEPTIR_FAILPOINT("sqlite.push.after_commit");
  queue_->bells.ring();
  return {};
}

void SqliteBroker::insert(std::span<const BrokerTask> tasks, std::span<const std::string> envelopes) {
  const auto now = connection_.clock().now();
  for (std::size_t done = 0; done < tasks.size() && !connection_.failed();) {
    const bool many = tasks.size() - done >= kRowsAtOnce;
    auto& insert = many ? insertMany_ : insertOne_;
    insert.start();
    const auto rows = many ? kRowsAtOnce : 1;
    for (std::size_t i = 0; i < rows; ++i, ++done) {
      bindRow(insert, static_cast<int>(1 + 7 * i), tasks[done], envelopes[done], now);
    }
    insert.run();
  }
}

Result<TaskCounts> SqliteBroker::tasksCount() {
  SqliteTransaction read(connection_, Kind::Read);
  TaskCounts counts;
  if (count_.with(connection_.now()).step()) {
    const auto at = [this](int column) { return static_cast<std::uint64_t>(count_.integer(column)); };
    counts = {at(0), at(1), at(2), at(3)};
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return counts;
}

Result<std::unique_ptr<BrokerSession>> SqliteBroker::openSession(const SessionId& session, const SessionInfo& card,
                                                                 Duration) {
  if (!base::isInstanceName(session.instance)) {
    return Error(ErrorCode::Invalid, "an instance's name is 32 lower-case hex digits, not '" + session.instance + "'");
  }
  const auto lock = inodeOfHeldLock(session.instance);
  if (!lock) return lock.error();
  const auto number = addSession(session, card, *lock);
  if (!number) return number.error();
  queue_->ownInstances.insert(session.instance);
  if (const auto wanted = recovery_.unendedInstances(); wanted) {
    removeStaleSessionLocks(connection_.file().folder(), *wanted);
  }
  return makeSession(*number, session.instance);
}

// The inode of the lock file, whose lock a process holds. Unavailable: no process holds it, since the master has
// not made the file again yet, or it cannot be tested now.
Result<ino_t> SqliteBroker::inodeOfHeldLock(std::string_view instance) const {
  const auto file = sessionLockPath(connection_.file().path, instance);
  const auto attempt = tryToLockSession(file);
  if (attempt.answer == SessionLockAttempt::Answer::Held) {
    const auto fileId = fileIdOf(file);
    if (!fileId) return Error(ErrorCode::Unavailable, fileId.error().message());
    return static_cast<ino_t>(fileId->inode);
  }
  const auto why = attempt.answer == SessionLockAttempt::Answer::CannotTell
                       ? attempt.why
                       : std::string("is not locked: an instance locks it before it opens a session");
  return Error(ErrorCode::Unavailable, file.string() + ": " + why);
}

Result<std::int64_t> SqliteBroker::addSession(const SessionId& session, const SessionInfo& card, ino_t lock) {
  const auto view = base::processView();
  if (!view) return view.error();
  const auto fileId = connection_.fileId().text();
  SqliteTransaction write(connection_, Kind::Write);
  const auto epoch = static_cast<std::int64_t>(session.epoch);
  const bool spent =
      lastEpoch_.with(session.instance).step() && !lastEpoch_.isNull(0) && lastEpoch_.integer(0) >= epoch;
  if (spent) {
    return Error(ErrorCode::Invalid, connection_.file().where() + ": epoch " + std::to_string(epoch) +
                                         " of this instance was opened before");
  }
  const auto now = connection_.now();
  claimEarlier_.with(session.instance).run();
  dropOld_.with(now - Duration(kEndedSessionsStay).count()).run();
  insertFileNumber_.with().run();  // does nothing unless another program deleted the number
  addSession_.with(session.instance, epoch, card.host, card.pid, card.version, card.workers, now,
                   static_cast<std::int64_t>(lock), view->boot, view->visible, fileId);
  const auto number = addSession_.step() ? addSession_.integer(0) : 0;
  LEPTIR_FAILPOINT("sqlite.open_session.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.open_session.after_commit");
  return number;
}

Result<std::unique_ptr<BrokerSession>> SqliteBroker::resumeSession(const SessionId& session) {
  const auto fileId = connection_.fileId().text();
  SqliteTransaction read(connection_, Kind::Read);
  const bool open = findSession_.with(session.instance, session.epoch, fileId).step();
  const auto number = open ? findSession_.integer(0) : 0;
  if (auto finished = read.commit(); !finished) return finished.error();
  if (!open)
    return Error(ErrorCode::Lost, connection_.file().where() + ": the session was claimed, closed or never opened");
  queue_->ownInstances.insert(session.instance);
  return makeSession(number, session.instance);
}

Result<std::unique_ptr<BrokerSession>> SqliteBroker::makeSession(std::int64_t number, std::string_view instance) {
  auto bell = Doorbell::hang(connection_.file().folder());
  if (!bell) return bell.error().in(connection_.file().where());
  return std::make_unique<SqliteSession>(queue_, number, std::move(*bell),
                                         sessionLockPath(connection_.file().path, instance));
}

BrokerTraits SqliteBroker::traits() const {
  auto traits = traitsOfAll();
  traits.warnings = rightsWarnings(connection_.file());
  return traits;
}

BrokerTraits SqliteBroker::traitsOfAll() {
  BrokerTraits traits;
  traits.sessionsExpire = false;
  traits.durability =
      "pushed tasks survive a power cut (synchronous=FULL); leases and acknowledgements survive the death of every "
      "process, and after a power cut the last of them may be repeated (synchronous=NORMAL)";
  return traits;
}

}  // namespace leptir::sqlite
