#include "backends/mongodb/mongodb_settle.h"

#include <utility>

#include "backends/mongodb/left_to_others.h"
#include "backends/mongodb/repeated.h"
#include "base/failpoint.h"
#include "base/task_id.h"
#include "base/utf8.h"

namespace leptir::mongodb {
namespace {

constexpr std::size_t kMaxReasonBytes = 2'000;

// A task that came without an id gets one at its burial.
Document existingIdOr(const std::string& made) {
  Document expression;
  BCON_APPEND(expression.mutableBson(), "$cond", "[", "{", "$eq", "[", "{", "$type", "$leptir.id", "}", "string", "]",
              "}", "$leptir.id", "{", "$literal", BCON_UTF8(made.c_str()), "}", "]");
  return expression;
}

}  // namespace

MongodbResult<std::vector<LeaseId>> MongodbSettle::release(std::span<const TaskRelease> tasks, Time now) {
  std::vector<LeaseChange> changes;
  for (const auto& task : tasks) {
    changes.push_back({.lease = task.lease, .update = releaseOf(task, now)});
  }
  LEPTIR_FAILPOINT("mongodb.release.before_send");
  auto notOurs = apply(std::move(changes));
  LEPTIR_FAILPOINT("mongodb.release.after_reply");
  return notOurs;
}

TaskUpdate MongodbSettle::releaseOf(const TaskRelease& task, Time now) {
  auto update = TaskUpdate::endLease(state::kWaiting);
  update.set(task.counters);
  auto due = task.due;
  if (const auto until = task.leftToOthersUntil) {
    if (leftToOthers_.add(task.lease.handle, *until, now)) {
      update.compute(field::kLeftToOthers, leaveToOthersExpression(session_, storableTime(*until), now));
    } else {
      due = until;
    }
  }
  if (due) update.set(field::kDue, *due);
  return update;
}

MongodbResult<std::vector<LeaseId>> MongodbSettle::bury(std::span<const TaskBurial> tasks, Time now) {
  std::vector<LeaseChange> changes;
  for (const auto& task : tasks) {
    auto update = TaskUpdate::endLease(state::kBuried);
    update.set(task.counters)
        .unset(field::kCancel)
        .unset(field::kLeftToOthers)
        .set(field::kBuriedAt, queue_.nextBurialNumber(now))
        .compute(field::kId, existingIdOr(base::makeTaskId()));
    auto withReason = update;
    withReason.set(field::kReason, utf8OrEscaped(base::utf8Prefix(task.reason, kMaxReasonBytes)));
    changes.push_back({.lease = task.lease, .update = std::move(withReason), .whenRefused = std::move(update)});
  }
  LEPTIR_FAILPOINT("mongodb.bury.before_send");
  auto notOurs = apply(std::move(changes));
  LEPTIR_FAILPOINT("mongodb.bury.after_reply");
  return notOurs;
}

MongodbResult<std::vector<LeaseId>> MongodbSettle::apply(std::vector<LeaseChange> changes) {
  for (const auto& change : changes) acknowledge_.forget(change.lease.handle);
  return applyChanges(queue_, session_, std::move(changes));
}

MongodbResult<void> MongodbSettle::leaseAgain(std::span<const LeaseId> released) {
  std::vector<std::string> handles;
  for (const auto& lease : released) {
    leftToOthers_.forget(lease.handle);
    if (isHandle(lease.handle)) handles.push_back(lease.handle);
  }
  if (handles.empty()) return {};
  const auto mine = Document().add("by", session_);
  const auto filter = Document()
                          .add("_id", ids("$in", handles))
                          .add(field::kState, state::kWaiting)
                          .add(field::kLeftToOthers, op("$elemMatch", mine));
  const auto statement =
      Document().add("q", filter).add("u", op("$pull", Document().add(field::kLeftToOthers, mine))).add("multi", true);
  const auto done = repeatIfConnectionLost([&] { return client_.updateAll(queue_.tasks, {&statement, 1}); });
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  return {};
}

MongodbResult<void> MongodbSettle::releaseAll() {
  const auto filter = Document().add(field::kSession, session_).add(field::kState, state::kLeased);
  const auto statement =
      merged(updateStatement(filter, TaskUpdate::endLease(state::kWaiting)), Document().add("multi", true));
  LEPTIR_FAILPOINT("mongodb.close.before_send");
  const auto done = repeatIfConnectionLost([&] { return client_.updateAll(queue_.tasks, {&statement, 1}); });
  LEPTIR_FAILPOINT("mongodb.close.after_reply");
  if (!done) return tl::unexpected(done.error());
  if (!done->failures.empty()) return tl::unexpected(done->failures.front().error);
  acknowledge_.forgetAll();
  return {};
}

}  // namespace leptir::mongodb
