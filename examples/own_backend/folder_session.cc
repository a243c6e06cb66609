#include "folder_session.h"

#include <algorithm>
#include <utility>

namespace folder {
namespace {

// How often a session without a FolderWatch looks for tasks.
constexpr Duration kLookInterval = std::chrono::milliseconds(50);
// Each wait ends after this time at the latest, so that no addition of times overflows.
constexpr Duration kMaxWait = std::chrono::hours(1);

}  // namespace

FolderSession::FolderSession(std::shared_ptr<FolderStore> store, SessionId id)
    : store_(std::move(store)), id_(std::move(id)), watch_(store_->path()) {}

// Waits by the machine's clock, until the next task is due by the store's clock. "It may return early; an empty list is
// no error."
Result<std::vector<LeasedTask>> FolderSession::popBrokerTasks(std::size_t limit, Duration longest, leptir::Wake& wake) {
  const auto end = leptir::systemClock().bootTime() + std::min(longest, kMaxWait);
  for (;;) {
    watch_.clear();
    auto taken = leases().take(limit);
    if (!taken) return taken.error();
    auto wait = end - leptir::systemClock().bootTime();
    if (!taken->tasks.empty() || limit == 0 || wait <= Duration::zero()) return std::move(taken->tasks);
    if (taken->nextDue) wait = std::min<Duration>(wait, *taken->nextDue - store_->now());
    if (watch_.descriptor() < 0) wait = std::min(wait, kLookInterval);
    const bool isRung = watch_.descriptor() < 0 ? wake.waitFor(wait) : wake.waitFor(wait, watch_.descriptor());
    if (isRung) return std::move(taken->tasks);
  }
}

Result<leptir::Renewal> FolderSession::renew(std::span<const LeaseId> held, Duration lease) {
  return leases().renew(held, lease);
}

Result<std::vector<LeaseId>> FolderSession::acknowledge(std::span<const LeaseId> leases) {
  return this->leases().acknowledge(leases);
}

Result<std::vector<LeaseId>> FolderSession::release(std::span<const leptir::TaskRelease> tasks) {
  return leases().release(tasks);
}

Result<void> FolderSession::leaseAgain(std::span<const LeaseId> released) {
  for (const auto& lease : released) leftToOthers_.forget(lease.handle);
  return {};
}

Result<std::vector<LeaseId>> FolderSession::bury(std::span<const leptir::TaskBurial> tasks) {
  return leases().bury(tasks);
}

Result<std::vector<LeasedTask>> FolderSession::heldTasks() {
  return leases().held();
}

Result<void> FolderSession::close() {
  return FolderSessions(*store_).close(id_);
}

}  // namespace folder
