#include "backends/sqlite/sqlite_broker.h"

#include <chrono>

#include "backends/sqlite/file_lookup.h"
#include "backends/sqlite/session_lock.h"
#include "backends/sqlite/sqlite_due.h"
#include "backends/sqlite/sqlite_session.h"
#include "backends/sqlite/sqlite_transaction.h"
#include "backends/sqlite/statements.h"
#include "base/failpoint.h"
#include "base/process_view.h"
#include "base/task_id.h"

namespace leptir::sqlite {
namespace {

// More rows in one INSERT gain nothing.
constexpr std::size_t kTasksPerInsert = 32;
// How long the rows of ended sessions are kept: they prevent that an epoch is opened twice.
constexpr std::chrono::hours kEndedSessionRetention{24 * 30};

}  // namespace

SqliteBroker::SqliteBroker(std::shared_ptr<SqliteConnection> connection, BrokerUse use)
    : state_(std::make_shared<SqliteBrokerState>(std::move(connection))),
      connection_(*state_->connection),
      use_(use),
      keeper_(state_),
      fleet_(state_),
      recovery_(state_),
      insertTasks_(connection_, sql::kInsertTasks, kTasksPerInsert),
      count_(connection_, sql::kCountTasks),
      lastEpoch_(connection_, sql::kLastEpoch),
      claimEarlier_(connection_, sql::kClaimEarlierSessions),
      deleteEnded_(connection_, sql::kDeleteEndedSessions),
      insertRandomFileNumber_(connection_, sql::kInsertRandomFileNumber),
      insertSession_(connection_, sql::kInsertSession),
      findOpenSession_(connection_, sql::kFindOpenSession) {
  if (use_ == BrokerUse::Dispatch) ++connection_.file().dispatchingBrokers;
}

SqliteBroker::~SqliteBroker() {
  if (use_ == BrokerUse::Dispatch) --connection_.file().dispatchingBrokers;
}

Result<void> SqliteBroker::pushEncodedTasks(std::span<const EncodedTask> tasks) {
  if (tasks.empty()) return {};
  SqliteTransaction write(connection_, TransactionKind::Write);
  const auto now = connection_.clock().now();
  insertTasks_.write(tasks.size(), [&](RowParameters& row, std::size_t i) {
    const auto& task = tasks[i];
    const auto due = task.timeOfExecution ? dueFrom(*task.timeOfExecution) : dueAtOnce(now);
    const auto& [failures, crashes, expiries, unknown] = task.counters;
    row.bind(task.id, due, failures, crashes, expiries, unknown, task.envelope);
  });
  LEPTIR_FAILPOINT("sqlite.push.before_commit");
  if (auto written = write.commit(); !written) return written;
  LEPTIR_FAILPOINT("sqlite.push.after_commit");
  state_->bells.ring();
  return {};
}

Result<TaskCounts> SqliteBroker::tasksCount() {
  SqliteTransaction read(connection_, TransactionKind::Read);
  TaskCounts counts;
  if (count_.with(connection_.now()).step()) {
    using enum sql::CountColumn;
    const auto at = [this](sql::CountColumn column) { return static_cast<std::uint64_t>(count_.integer(column)); };
    counts = {.due = at(Due), .scheduled = at(Scheduled), .leased = at(Leased), .buried = at(Buried)};
  }
  if (auto finished = read.commit(); !finished) return finished.error();
  return counts;
}

Result<std::unique_ptr<BrokerSession>> SqliteBroker::openSession(const SessionId& session, const SessionInfo& info,
                                                                 Duration) {
  if (!base::isInstanceName(session.instance)) {
    return Error(ErrorCode::Invalid, "an instance's name is 32 lower-case hex digits, not '" + session.instance + "'");
  }
  const auto lock = inodeOfHeldLock(session.instance);
  if (!lock) return lock.error();
  const auto number = addSession(session, info, *lock);
  if (!number) return number.error();
  state_->ownInstances.insert(session.instance);
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
  if (attempt.answer == LockAnswer::Held) {
    const auto named = fileNamedBy(file);
    if (!named) return Error(ErrorCode::Unavailable, named.error().message());
    return named->inode;
  }
  const auto why = attempt.answer == LockAnswer::CannotTell
                       ? attempt.why
                       : std::string("is not locked: an instance locks it before it opens a session");
  return Error(ErrorCode::Unavailable, file.string() + ": " + why);
}

Result<std::int64_t> SqliteBroker::addSession(const SessionId& session, const SessionInfo& info, ino_t lock) {
  const auto view = base::processView();
  if (!view) return view.error();
  const auto file = identityText(connection_.fileIdentity());
  SqliteTransaction write(connection_, TransactionKind::Write);
  const auto epoch = static_cast<std::int64_t>(session.epoch);
  const bool spent =
      lastEpoch_.with(session.instance).step() && !lastEpoch_.isNull(0) && lastEpoch_.integer(0) >= epoch;
  if (spent) {
    return Error(ErrorCode::Invalid, connection_.file().where() + ": epoch " + std::to_string(epoch) +
                                         " of this instance was opened before");
  }
  const auto now = connection_.now();
  claimEarlier_.with(session.instance).run();
  deleteEnded_.with(now - Duration(kEndedSessionRetention).count()).run();
  insertRandomFileNumber_.with().run();  // does nothing unless another program deleted the number
  insertSession_.with(session.instance, epoch, info.host, info.pid, info.version, info.workers, now,
                      static_cast<std::int64_t>(lock), view->boot, view->visible, file);
  const auto number = insertSession_.step() ? insertSession_.integer(0) : 0;
  LEPTIR_FAILPOINT("sqlite.open_session.before_commit");
  if (auto written = write.commit(); !written) return written.error();
  LEPTIR_FAILPOINT("sqlite.open_session.after_commit");
  return number;
}

Result<std::unique_ptr<BrokerSession>> SqliteBroker::resumeSession(const SessionId& session) {
  const auto file = identityText(connection_.fileIdentity());
  SqliteTransaction read(connection_, TransactionKind::Read);
  const bool open = findOpenSession_.with(session.instance, session.epoch, file).step();
  const auto number = open ? findOpenSession_.integer(0) : 0;
  if (auto finished = read.commit(); !finished) return finished.error();
  if (!open)
    return Error(ErrorCode::Lost, connection_.file().where() + ": the session was claimed, closed or never opened");
  state_->ownInstances.insert(session.instance);
  return makeSession(number, session.instance);
}

Result<std::unique_ptr<BrokerSession>> SqliteBroker::makeSession(std::int64_t number, std::string_view instance) {
  auto bell = Doorbell::create(connection_.file().folder());
  if (!bell) return bell.error().in(connection_.file().where());
  return std::make_unique<SqliteSession>(state_, number, std::move(*bell),
                                         sessionLockPath(connection_.file().path, instance));
}

BrokerTraits SqliteBroker::traits() const {
  auto traits = traitsOfEveryFile();
  traits.warnings = rightsWarnings(connection_.file());
  return traits;
}

BrokerTraits SqliteBroker::traitsOfEveryFile() {
  BrokerTraits traits;
  traits.listsTasks = true;
  traits.listsLatestFirst = true;
  traits.reschedules = true;
  traits.keepsFleet = true;
  traits.sessionsExpire = false;
  traits.durability =
      "pushed tasks survive a power cut (synchronous=FULL); leases and acknowledgements survive the death of every "
      "process, and after a power cut the last of them may be repeated (synchronous=NORMAL)";
  return traits;
}

}  // namespace leptir::sqlite
