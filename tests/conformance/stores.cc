#include "tests/conformance/stores.h"

#include <fcntl.h>
#include <sys/file.h>

#include <stdexcept>

#ifdef LEPTIR_SQLITE
#include "backends/sqlite/sqlite_connection.h"
#endif
#include "tests/support/wait_until.h"

namespace leptir::conformance {
namespace {

template <class T>
T orThrow(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  return std::move(*result);
}

}  // namespace

void TestClock::advance(Duration by) {
  if (kind_ == ClockKind::Manual) return manual_.advance(by);
  const auto until = systemClock().bootTime() + by;
  waitUntil([&] { return systemClock().bootTime() >= until; },
            std::chrono::duration_cast<std::chrono::milliseconds>(by) + std::chrono::seconds(30));
}

#ifdef LEPTIR_SQLITE
std::unique_ptr<SimpleBroker> SqliteUnderTest::openBroker() {
  return orThrow(backend_.openBroker(connection_, BrokerUse::Dispatch));
}

std::unique_ptr<SimpleMetaStorage> SqliteUnderTest::openMetaStorage(std::optional<Duration> expireAfter) {
  return orThrow(backend_.openMetaStorage(connection_, expireAfter));
}

void SqliteUnderTest::pushRaw(std::string bytes, Time due) {
  const auto file = std::make_shared<SqliteFile>();
  file->path = connection_["path"].get<std::string>();
  const auto connection = orThrow(SqliteConnection::open(file, clock_.clock()));
  SqliteTransaction write(*connection, SqliteTransaction::Kind::Write);
  SqliteStatement insert(*connection, "INSERT INTO leptir_tasks (due, envelope) VALUES (?, ?)");
  insert.with(due.time_since_epoch().count(), bytes).run();
  if (auto written = write.commit(); !written) throw std::runtime_error(written.error().message());
}

void SqliteUnderTest::startInstance(const std::string& instance) {
  const auto file = backend_.sessionLockFile(connection_, instance);
  UniqueFd lock(::open(file->c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) throw std::runtime_error("cannot lock " + file->string());
  locks_.insert_or_assign(instance, std::move(lock));
}
#endif

}  // namespace leptir::conformance
