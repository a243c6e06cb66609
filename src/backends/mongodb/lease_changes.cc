#include "backends/mongodb/lease_changes.h"

#include <iterator>

#include "backends/mongodb/lease_holders.h"
#include "backends/mongodb/repeated.h"

namespace leptir::mongodb {
namespace {

// More rounds than lost replies and documents without room can need.
constexpr int kMaxRounds = 2 * Attempts::kMax;

MongodbError changesNotApplied(const std::string& where) {
  return {.message = where + ": the server does not change tasks that are leased by this session; trying again later"};
}

class LeaseChanges {
 public:
  LeaseChanges(MongodbQueue& queue, const std::string& session, std::vector<LeaseChange> changes)
      : queue_(queue), session_(session), changes_(std::move(changes)) {}

  MongodbResult<std::vector<LeaseId>> apply();

 private:
  MongodbResult<WriteReply> send();
  std::optional<MongodbError> replaceRefusedUpdates(const WriteReply& reply);
  MongodbResult<void> keepUnapplied();

  MongodbQueue& queue_;
  const std::string& session_;
  const std::string token_ = makeToken();
  std::vector<LeaseChange> changes_;  // that are not known to be applied
  std::vector<LeaseId> notOurs_{};
};

// Each change leaves the token in its document. So a look tells whether it was applied, where the reply is lost or says
// that not all were.
MongodbResult<std::vector<LeaseId>> LeaseChanges::apply() {
  notOurs_ = dropUnusableLeases(changes_, [](const LeaseChange& change) { return change.lease; });
  Attempts attempts;
  for (int rounds = 0; !changes_.empty(); ++rounds) {
    if (rounds == kMaxRounds) return tl::unexpected(changesNotApplied(queue_.client->where()));
    const auto done = send();
    if (done && done->matched == static_cast<std::int64_t>(changes_.size())) break;
    if (!done && !attempts.mayRepeat(done.error())) return tl::unexpected(done.error());
    if (done && !done->failures.empty()) {
      if (const auto why = replaceRefusedUpdates(*done)) return tl::unexpected(*why);
    }
    if (auto kept = keepUnapplied(); !kept) return tl::unexpected(kept.error());
  }
  return std::move(notOurs_);
}

MongodbResult<WriteReply> LeaseChanges::send() {
  std::vector<Document> statements;
  for (const auto& change : changes_) {
    auto update = change.update;
    statements.push_back(updateStatement(heldFilter(change.lease, session_), update.set(field::kToken, token_)));
  }
  return queue_.client->updateAll(queue_.tasks, statements);
}

// Documents for which the change is too large get the smaller one, once. Nothing: what is left may be sent again.
std::optional<MongodbError> LeaseChanges::replaceRefusedUpdates(const WriteReply& reply) {
  for (const auto& failure : reply.failures) {
    auto& change = changes_[failure.index];
    if (failure.error.remedy != Remedy::Refuse || !change.whenRefused) return failure.error;
    change.update = std::move(*change.whenRefused);
    change.whenRefused.reset();
  }
  return {};
}

// Drops the changes that were applied, and those of leases that are not this session's.
MongodbResult<void> LeaseChanges::keepUnapplied() {
  std::vector<LeaseId> leases;
  for (const auto& change : changes_) leases.push_back(change.lease);
  const auto holders = findHolders(queue_, leases);
  if (!holders) return tl::unexpected(holders.error());
  std::vector<LeaseChange> unapplied;
  for (auto& change : changes_) {
    const auto holder = holders->find(change.lease.handle);
    if (holder != holders->end() && holder->second.has(change.lease, session_)) {
      unapplied.push_back(std::move(change));
    } else if (holder == holders->end() || !holder->second.changedBy(token_, change.lease)) {
      notOurs_.push_back(change.lease);
    }
  }
  changes_ = std::move(unapplied);
  return {};
}

}  // namespace

MongodbResult<std::vector<LeaseId>> applyChanges(MongodbQueue& queue, const std::string& session,
                                                 std::vector<LeaseChange> changes) {
  return LeaseChanges(queue, session, std::move(changes)).apply();
}

}  // namespace leptir::mongodb
