#include "operations/audit_trail.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/id_list.h"
#include "base/utf8.h"
#include "fleet/audit.h"
#include "leptir/operations.h"
#include "operations/fleet_entries.h"

namespace leptir::operations {
namespace {

constexpr std::size_t kMaxAuditTextBytes = 4'096;  // of `on` and `outcome`
constexpr std::string_view kAuditKeyPrefix = "audit/";
constexpr std::size_t kAuditEntriesPerPage = 500, kMaxAuditEntriesRemovedAtOnce = 1'000;

std::string cut(const std::string& text) {
  return std::string(base::utf8Prefix(text, kMaxAuditTextBytes));
}

// `failure` is what it means that the entry cannot be written.
Result<void> putEntry(Stores& stores, std::size_t broker, const fleet::AuditEntry& entry, std::uint32_t random,
                      std::string_view failure) {
  const auto key = fleet::keyOf(entry, random);
  auto written = askFleet(
      stores, broker, [&](FleetStore& store) { return store.put(key, fleet::textOf(entry), fleet::kAuditLifetime); });
  if (!written && written.error().code() == ErrorCode::Unsupported) return {};
  // A trail that is too long is no reason to report an error; a later put trims it.
  if (written && random % kAuditPutsPerTrim == 0) (void)trimAuditTrail(stores, broker);
  if (written) return {};
  return written.error().in(failure);
}

fleet::AuditEntry entryOf(const Stores& stores, Time at, const ActionAtBroker& action) {
  return {.at = at,
          .by = stores.by,
          .action = std::string(action.action),
          .on = cut(action.on),
          .changed = action.changed,
          .outcome = cut(action.outcome)};
}

}  // namespace

Result<void> writeAuditEntry(Stores& stores, std::size_t broker, const ActionAtBroker& action) {
  return putEntry(stores, broker, entryOf(stores, stores.clock->now(), action), std::random_device()(),
                  "the action is not in the audit trail");
}

AuditOfAction::AuditOfAction(Stores& stores, std::size_t broker, std::string_view action, std::string on)
    : stores_(stores),
      broker_(broker),
      action_(action),
      on_(std::move(on)),
      at_(stores.clock->now()),
      random_(std::random_device()()) {}

Result<void> AuditOfAction::begin() {
  if (hasBegun_) return {};
  auto written =
      write(0, "begun; its end is not recorded", "nothing was changed, since the audit trail cannot be written");
  hasBegun_ = written.has_value();
  cannotBegin_ = !hasBegun_;
  return written;
}

Result<void> AuditOfAction::end(std::uint64_t changed, const std::string& outcome) {
  if (cannotBegin_ || (!hasBegun_ && changed == 0 && outcome.empty())) return {};
  return write(changed, outcome,
               hasBegun_ ? "the end of the action is not in the audit trail" : "the action is not in the audit trail");
}

// Under the same key each time: the key consists of the time of the entry and the random number.
Result<void> AuditOfAction::write(std::uint64_t changed, const std::string& outcome, std::string_view failure) {
  return putEntry(stores_, broker_,
                  entryOf(stores_, at_, {.action = action_, .on = on_, .changed = changed, .outcome = outcome}),
                  random_, failure);
}

Result<void> trimAuditTrail(Stores& stores, std::size_t broker, std::size_t most) {
  return askFleet(stores, broker, [&](FleetStore& store) -> Result<void> {
    std::string last;
    for (std::size_t kept = 0; kept < most;) {
      const auto page = store.list(kAuditKeyPrefix, last, std::min(kAuditEntriesPerPage, most - kept));
      if (!page) return page.error();
      if (page->empty()) return {};
      kept += page->size();
      last = page->back().key;
    }
    const auto old = store.list(kAuditKeyPrefix, last, kMaxAuditEntriesRemovedAtOnce);
    if (!old) return old.error();
    for (const auto& entry : *old) {
      if (auto erased = store.erase(entry.key); !erased) return erased.error();
    }
    return {};
  });
}

std::string idsAsText(const std::vector<std::string>& ids) {
  return base::idList(ids);
}

}  // namespace leptir::operations

namespace leptir {

Result<AuditView> Operations::auditTrail(std::size_t limit) {
  AuditView view;
  bool answered = false;
  for (std::size_t i = 0; i < stores_->queues.size(); ++i) {
    const auto entries = operations::fleetEntries(*stores_, i, operations::kAuditKeyPrefix, limit);
    answered = answered || entries;
    if (!entries) view.unable.push_back(entries.error());
    if (!entries) continue;
    for (const auto& entry : *entries) {
      auto audited = fleet::auditEntryOf(entry);
      if (!audited) continue;
      view.actions.push_back({.broker = stores_->queues.name(i),
                              .at = audited->at,
                              .by = std::move(audited->by),
                              .action = std::move(audited->action),
                              .on = std::move(audited->on),
                              .changed = audited->changed,
                              .outcome = std::move(audited->outcome)});
    }
  }
  if (!answered && !view.unable.empty()) return view.unable.front();
  std::ranges::stable_sort(view.actions, std::ranges::greater(), &AuditedAction::at);
  if (view.actions.size() > limit) view.actions.resize(limit);
  return view;
}

}  // namespace leptir
