#include "cli/session_list.h"

#include <fmt/format.h>

#include <utility>

#include "base/duration_text.h"
#include "fleet/instance_card.h"

namespace leptir::cli {
namespace {

constexpr std::size_t kMaxSessionsAskedFor = 1000;

double inSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string expiryText(const std::optional<Duration>& expiresIn) {
  if (!expiresIn) return "with its processes";
  return *expiresIn <= Duration::zero() ? "expired" : base::durationText(*expiresIn);
}

std::string sessionLine(const ListedSession& session) {
  const auto& info = session.info;
  const bool isKnown = !info.host.empty();
  return fmt::format("{:<24} {:>8} {:<10} {:>7} {:>7}  {}", isKnown ? info.host : "-",
                     isKnown ? std::to_string(info.pid) : "-", info.version.empty() ? "-" : info.version,
                     isKnown ? std::to_string(info.workers) : "-", session.leasedTasks, expiryText(session.expiresIn));
}

Json sessionJson(const ListedSession& session, const std::string& broker) {
  Json json{{"broker", broker},
            {"instance", session.session.instance},
            {"epoch", session.session.epoch},
            {"host", nullptr},
            {"pid", nullptr},
            {"version", nullptr},
            {"workers", nullptr},
            {"leased", session.leasedTasks},
            {"expiresIn", nullptr}};
  if (session.expiresIn) json["expiresIn"] = inSeconds(*session.expiresIn);
  const auto& info = session.info;
  if (!info.host.empty())
    json.update({{"host", info.host}, {"pid", info.pid}, {"version", info.version}, {"workers", info.workers}});
  return json;
}

}  // namespace

SessionList listSessions(TaskKeeper& keeper, const std::string& broker) {
  SessionList list{.broker = broker};
  auto sessions = keeper.listSessions({.offset = 0, .limit = kMaxSessionsAskedFor});
  if (!sessions) return list;
  list.isCountExact = sessions->size() < kMaxSessionsAskedFor;
  if (sessions->size() > kMaxSessionsShown) {
    list.notShown = sessions->size() - kMaxSessionsShown;
    sessions->resize(kMaxSessionsShown);
  }
  list.sessions = std::move(*sessions);
  return list;
}

void updateWorkerCountsFromCards(FleetStore* store, SessionList& list) {
  if (store == nullptr) return;
  for (auto& session : list.sessions) {
    const auto key = fleet::keyOf(fleet::InstanceCard{.instance = session.session.instance});
    const auto value = store->get(key);
    const auto card = value ? fleet::instanceCardOf({key, *value}) : std::nullopt;
    if (card) session.info.workers = card->workers;
  }
}

Json sessionsJson(std::span<const SessionList> lists) {
  Json json = Json::array();
  for (const auto& list : lists) {
    for (const auto& session : list.sessions) json.push_back(sessionJson(session, list.broker));
  }
  return json;
}

std::size_t sessionsNotShown(std::span<const SessionList> lists) {
  std::size_t sum = 0;
  for (const auto& list : lists) sum += list.notShown;
  return sum;
}

std::vector<std::string> sessionLines(const SessionList& list) {
  if (list.sessions.empty()) return {};
  std::vector<std::string> lines{
      fmt::format("instances at broker {}", list.broker),
      fmt::format("{:<24} {:>8} {:<10} {:>7} {:>7}  {}", "host", "pid", "version", "workers", "leased", "expires in")};
  for (const auto& session : list.sessions) lines.push_back(sessionLine(session));
  if (list.notShown > 0) lines.push_back(fmt::format("and {} {}more", list.notShown, list.isCountExact ? "" : "or "));
  return lines;
}

}  // namespace leptir::cli
