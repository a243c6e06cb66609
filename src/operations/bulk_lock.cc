#include "operations/bulk_lock.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <random>

#include "base/escape.h"
#include "base/host_name.h"
#include "base/proc_text.h"
#include "base/process_space.h"
#include "leptir/json.h"

namespace leptir::operations {
namespace {

bool storeHasNoLocks(const Error& error) {
  return error.code() == ErrorCode::Unsupported || isMissing(error);
}

// The time at which the process was started, which no later process of its number has; empty: it is gone, or cannot be
// told.
std::string startTimeOf(pid_t process) {
  constexpr int kStatFieldsBeforeStartTime = 19;  // of `stat`, behind the name of the program
  const auto stat = base::readProcText(process, "stat");
  if (!stat) return {};
  auto at = stat->rfind(')');
  for (int i = 0; i <= kStatFieldsBeforeStartTime && at != std::string::npos; ++i) at = stat->find(' ', at + 1);
  return at == std::string::npos ? std::string() : stat->substr(at + 1, stat->find(' ', at + 1) - at - 1);
}

std::string ownerText(const std::string& by) {
  return writeJson({{"by", by},
                    {"host", base::hostName()},
                    {"space", base::processSpace()},
                    {"pid", ::getpid()},
                    {"start", startTimeOf(::getpid())},
                    {"id", std::random_device()()}});
}

std::string textIn(const Json& owner, const char* key) {
  const auto text = owner.value(key, Json());
  return text.is_string() ? text.get<std::string>() : std::string();
}

pid_t pidIn(const Json& owner) {
  const auto pid = owner.value("pid", Json());
  return pid.is_number_integer() ? pid.get<pid_t>() : 0;
}

// Whether the process was one of this machine and of this namespace of processes, and does not exist any more.
bool isOwnerDead(const std::string& text) {
  const auto owner = parseJson(text);
  if (!owner || !owner->is_object()) return false;
  const auto space = textIn(*owner, "space");  // missing in locks of earlier versions
  if (space.empty() || space != base::processSpace()) return false;
  const auto pid = pidIn(*owner);
  if (pid <= 0) return false;
  if (::kill(pid, 0) != 0 && errno == ESRCH) return true;
  const auto start = startTimeOf(pid), startWhenLocked = textIn(*owner, "start");
  return !start.empty() && !startWhenLocked.empty() && start != startWhenLocked;
}

// "ann@web1 (pid 4711 at web1)"
std::string nameOfOwner(const std::string& text) {
  const auto owner = parseJson(text);
  if (!owner || !owner->is_object()) return base::escaped(text);  // of an earlier version: user@host
  return base::escaped(fmt::format("{} (pid {} at {})", textIn(*owner, "by"), pidIn(*owner), textIn(*owner, "host")));
}

}  // namespace

BulkLock::BulkLock(Stores& stores, std::size_t broker, TaskAction::Kind kind)
    : stores_(stores),
      broker_(broker),
      key_(fmt::format("bulk/{}-lock", nameOf(kind))),
      ownLock_(ownerText(stores.by)) {}

Result<void> BulkLock::lock() {
  for (const bool mayTakeOver : {true, false}) {
    const auto locked = askFleet(
        stores_, broker_, [&](FleetStore& fleet) { return fleet.putIfAbsent(key_, ownLock_, kBulkLockLifetime); });
    if (!locked && storeHasNoLocks(locked.error())) return {};
    if (!locked) return locked.error();
    if (*locked) return {};
    const auto other = holder();
    if (!other) return other.error();
    if (!mayTakeOver || !isOwnerDead(*other)) return lostTo(*other);
    const auto erased = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.erase(key_); });
    if (!erased) return erased.error();
  }
  return {};
}

Result<void> BulkLock::prolong() {
  const auto now = holder();
  if (!now && storeHasNoLocks(now.error())) return {};
  if (!now) return now.error();
  if (!now->empty() && *now != ownLock_) return lostTo(*now);
  return askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.put(key_, ownLock_, kBulkLockLifetime); });
}

Result<void> BulkLock::unlock() {
  const auto now = holder();
  if (!now && storeHasNoLocks(now.error())) return {};
  if (!now) return now.error();
  if (*now != ownLock_) return {};
  const auto erased = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.erase(key_); });
  return erased ? Result<void>() : erased.error();
}

// Empty: no process holds the lock.
Result<std::string> BulkLock::holder() {
  auto text = askFleet(stores_, broker_, [&](FleetStore& fleet) { return fleet.get(key_); });
  if (!text && isMissing(text.error())) return std::string();
  return text;
}

Error BulkLock::lostTo(const std::string& holder) const {
  return {ErrorCode::Lost, fmt::format("{} does the same right now, so nothing was done; try again in {} s",
                                       holder.empty() ? "another operator" : nameOfOwner(holder),
                                       kBulkLockLifetime / std::chrono::seconds(1))};
}

}  // namespace leptir::operations
