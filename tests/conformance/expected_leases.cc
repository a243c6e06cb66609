#include "tests/conformance/expected_leases.h"

#include <algorithm>

#include "base/saturated.h"
#include "leptir/spi/simple_broker.h"

namespace leptir::conformance {
namespace {

std::vector<LeaseId> without(const std::vector<ExpectedLeases::Held>& taken,
                             const std::vector<ExpectedLeases::Held>& chosen) {
  std::vector<LeaseId> left;
  for (const auto& each : chosen) {
    const bool isTaken = std::ranges::any_of(taken, [&](const auto& one) { return one.lease == each.lease; });
    if (!isTaken) left.push_back(each.lease);
  }
  return left;
}

}  // namespace

void ExpectedLeases::send(const std::string& id, const Counters& counters, std::optional<Time> due, Time now) {
  const auto wait = std::max(due.value_or(now) - now, Duration::zero());
  const auto visibleAt = now + (wait + step_ - Duration(1)) / step_ * step_;
  tasks_[id] = {.counters = counters, .message = ++sent_, .visibleAt = visibleAt};
}

ExpectedLeases::Tasks ExpectedLeases::pop(int session, Time now) {
  Tasks leased;
  for (auto& [id, task] : tasks_) {
    if (task.visibleAt > now) continue;
    if (const auto counters = receive(of(session), id, task, now)) leased[id] = *counters;
  }
  return leased;
}

// None: the task is not handed out. A session whose lease of the message has not ended goes on with it; and a task
// whose leases have ended several times waits.
std::optional<Counters> ExpectedLeases::receive(OfSession& held, const std::string& id, Task& task, Time now) {
  ++task.receives;
  task.visibleAt = now + lease_;
  const auto earlier =
      std::ranges::find_if(held, [&](const auto& entry) { return entry.second.message == task.message; });
  if (earlier != held.end() && earlier->second.ends > now) {
    earlier->second.ends = now + lease_;
    return {};
  }
  if (earlier != held.end()) held.erase(earlier);
  auto counters = task.counters;
  counters.expiries = base::saturatedAdd(counters.expiries, task.receives - 1);
  const auto delay = task.receives > 1 ? delayAfterExpiry(counters.expiries) : Duration::zero();
  if (delay == Duration::zero()) return counters;
  send(id, counters, now + delay, now);
  return {};
}

ExpectedLeases::Held ExpectedLeases::note(int session, const std::string& id, const LeasedTask& task, Time now) {
  return of(session)[task.lease.number] = {.lease = task.lease,
                                           .id = id,
                                           .envelope = task.envelope,
                                           .counters = task.counters,
                                           .message = tasks_[id].message,
                                           .ends = now + lease_};
}

std::vector<ExpectedLeases::Held> ExpectedLeases::take(int session, const std::vector<Held>& chosen, Time now) {
  std::vector<Held> taken;
  for (const auto& each : chosen) {
    const auto held = of(session).find(each.lease.number);
    if (held == of(session).end() || held->second.lease != each.lease || held->second.ends <= now) continue;
    taken.push_back(held->second);
    of(session).erase(held);
  }
  return taken;
}

std::vector<LeaseId> ExpectedLeases::remove(int session, const std::vector<Held>& chosen, Time now) {
  const auto taken = take(session, chosen, now);
  for (const auto& each : taken) tasks_.erase(each.id);
  return without(taken, chosen);
}

std::vector<LeaseId> ExpectedLeases::release(int session, const std::vector<Held>& chosen, const Counters& counters,
                                             std::optional<Time> due, Time now) {
  const auto taken = take(session, chosen, now);
  for (const auto& each : taken) send(each.id, counters, due, now);
  return without(taken, chosen);
}

std::vector<LeaseId> ExpectedLeases::renew(int session, const std::vector<Held>& chosen, Time now) {
  const auto taken = take(session, chosen, now);
  auto lost = without(taken, chosen);
  for (const auto& each : taken) of(session)[each.lease.number] = each;
  std::erase_if(of(session), [&](const auto& held) {
    if (held.second.ends <= now) lost.push_back(held.second.lease);
    return held.second.ends <= now;
  });
  for (auto& [number, held] : of(session)) held.ends = tasks_.at(held.id).visibleAt = now + lease_;
  return lost;
}

void ExpectedLeases::close(int session, Time now) {
  for (const auto& [number, held] : of(session))
    if (held.ends > now) send(held.id, held.counters, {}, now);
  of(session).clear();
}

bool ExpectedLeases::endsWithin(Duration longest, Time now) const {
  return std::ranges::any_of(held_, [&](const OfSession& session) {
    return std::ranges::any_of(
        session, [&](const auto& held) { return held.second.ends > now && held.second.ends <= now + longest; });
  });
}

}  // namespace leptir::conformance
