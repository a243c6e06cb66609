#include "backends/mongodb/mongodb_recovery.h"

#include <algorithm>
#include <span>

#include "backends/mongodb/session_documents.h"
#include "backends/mongodb/task_update.h"
#include "base/failpoint.h"
#include "base/saturated.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::mongodb {
namespace {

// Tasks that one command gives back at most.
constexpr std::size_t kMaxRecoveredPerBatch = 1'000;

// Leased, but by no session: another program wrote it.
Document leasedByNoSession() {
  return Document().add(field::kState, state::kLeased).add(field::kSession, op("$not", op("$type", "string")));
}

}  // namespace

Result<std::size_t> MongodbRecovery::recover(std::size_t limit) {
  SessionDocuments sessions(*queue_);
  if (auto claimed = sessions.claimExpired(queue_->ownInstances); !claimed) return claimed.error().error();
  LEPTIR_FAILPOINT("mongodb.recover.after_claim");
  std::size_t done = 0;
  while (done < limit) {
    const auto found = orphans(std::min(limit - done, kMaxRecoveredPerBatch));
    if (!found) return found.error().error();
    if (found->empty()) break;
    const auto now = queue_->client->serverTime();
    if (!now) return now.error().error();
    LEPTIR_FAILPOINT("mongodb.recover.before_give_back");
    const auto given = giveBack(*found, *now);
    if (!given) return given.error().error();
    if (*given == 0) break;  // another instance gives them back
    done += *given;
  }
  return done;
}

// The sessions of leased tasks are read first: a session that has leased one was opened before, so that it is seen as
// open if it still is.
MongodbResult<std::vector<std::string>> MongodbRecovery::endedHolders() {
  const auto reply = queue_->client->read(Document()
                                              .add("distinct", queue_->tasks)
                                              .add("key", field::kSession)
                                              .add("query", Document().add(field::kSession, op("$gte", ""))));
  if (!reply) return tl::unexpected(reply.error());
  std::vector<std::string> names;
  if (const auto values = DocumentView(*reply).document("values")) {
    values->forEach([&](const ValueView& value) {
      if (const auto name = value.text()) names.emplace_back(*name);
    });
  }
  if (names.empty()) return names;
  return SessionDocuments(*queue_).notOpen(names);
}

// Reads of each orphan only what recovery needs, not its envelope.
MongodbResult<std::vector<Document>> MongodbRecovery::orphans(std::size_t limit) {
  const auto over = endedHolders();
  if (!over) return tl::unexpected(over.error());
  const auto options = Document()
                           .add("projection", Document()
                                                  .add(field::kState, 1)
                                                  .add(field::kSession, 1)
                                                  .add(field::kLease, 1)
                                                  .add("leptir.failures", 1)
                                                  .add("leptir.crashes", 1)
                                                  .add("leptir.expiries", 1)
                                                  .add("leptir.unknown", 1))
                           .add("limit", static_cast<std::int64_t>(limit));
  const auto held = Document()
                        .add(field::kSession, op("$in", std::span<const std::string>(*over)))
                        .add(field::kState, state::kLeased);
  return queue_->client->find(queue_->tasks, over->empty() ? leasedByNoSession() : held, options);
}

MongodbResult<std::size_t> MongodbRecovery::giveBack(const std::vector<Document>& orphans, Time now) {
  std::vector<Document> statements;
  for (const auto& orphan : orphans) statements.push_back(giveBackStatement(orphan, now));
  const auto done = queue_->client->updateAll(queue_->tasks, statements);
  if (!done) return tl::unexpected(done.error());
  return static_cast<std::size_t>(done->matched);
}

// Gives the task back only while it is still leased as it was found.
Document MongodbRecovery::giveBackStatement(DocumentView orphan, Time now) {
  Document filter;
  if (const auto id = orphan.find("_id")) filter.add("_id", *id);
  filter.add(field::kState, state::kLeased);
  for (const char* const path : {field::kSession, field::kLease}) {
    const auto value = orphan.find(path);
    value ? filter.add(path, *value) : filter.addNull(path);
  }
  auto counters = countersOf(orphan);
  base::incrementSaturated(counters.expiries);
  auto update = TaskUpdate::endLease(state::kWaiting);
  update.set(counters).unset(field::kToken);
  const auto delay = delayAfterExpiry(counters.expiries);
  if (delay > Duration::zero()) update.set(field::kDue, now + delay);
  return updateStatement(filter, update);
}

}  // namespace leptir::mongodb
