#include "backends/redis/redis_session_list.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <tuple>

#include "backends/redis/redis_expect.h"
#include "backends/redis/redis_keeper_calls.h"
#include "backends/redis/redis_session_card.h"

namespace leptir::redis {
namespace {

constexpr std::size_t kDescribedAtOnce = 100;

// The opposite of RedisKeys::nameOf().
std::optional<SessionId> sessionIdIn(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const auto digits = name.substr(colon + 1);
  SessionId id{.instance = std::string(name.substr(0, colon))};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id.epoch);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  return RedisKeys::nameOf(id) == name ? std::optional(std::move(id)) : std::nullopt;
}

Result<std::vector<SessionId>> listOpenSessions(RedisQueue& queue) {
  const auto reply = runScript(*queue.connection, calls::listSessionNames(queue, calls::WhichSessions::Open));
  if (!reply) return reply.error();
  const auto names = reply->value();
  if (auto fits = RedisExpect(*queue.connection).texts(names); !fits) return fits.error();
  std::vector<SessionId> sessions;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (auto id = sessionIdIn(names[i].text())) sessions.push_back(std::move(*id));
  }
  std::ranges::sort(sessions, {}, [](const SessionId& id) { return std::tie(id.instance, id.epoch); });
  return sessions;
}

// `description`: [µs until the session expires, number of its leases, card].
Result<ListedSession> listedSession(const RedisExpect& expect, const SessionId& id, RedisValue description) {
  constexpr auto kAny = std::numeric_limits<std::int64_t>::max();
  if (auto fits = expect.list(description, 3); !fits) return fits.error();
  const auto left = expect.integer(description[0], 0, kAny), leases = expect.integer(description[1], 0, kAny);
  if (!left) return left.error();
  if (!leases) return leases.error();
  if (auto fits = expect.textOrNil(description[2]); !fits) return fits.error();
  return ListedSession{.session = id,
                       .info = decodeSessionCard(description[2].text()),
                       .expiresIn = Duration(*left),
                       .leasedTasks = static_cast<std::uint64_t>(*leases)};
}

Result<void> describe(RedisQueue& queue, std::span<const SessionId> sessions, std::vector<ListedSession>& listed) {
  std::vector<std::string> names;
  for (const auto& id : sessions) names.push_back(RedisKeys::nameOf(id));
  const auto reply = runScript(*queue.connection, calls::describeSessions(queue, names));
  if (!reply) return reply.error();
  const RedisExpect expect(*queue.connection);
  if (auto fits = expect.list(reply->value(), sessions.size()); !fits) return fits;
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const auto description = reply->value()[i];
    if (description.isNil()) continue;  // it was claimed or closed after its name was read
    auto session = listedSession(expect, sessions[i], description);
    if (!session) return session.error();
    listed.push_back(std::move(*session));
  }
  return {};
}

}  // namespace

Result<std::vector<ListedSession>> listSessions(RedisQueue& queue, Page page) {
  const auto open = listOpenSessions(queue);
  if (!open) return open.error();
  auto left = std::span(*open).subspan(std::min(page.offset, open->size()));
  left = left.first(std::min(page.limit, left.size()));
  std::vector<ListedSession> listed;
  while (!left.empty()) {
    const auto piece = left.first(std::min(left.size(), kDescribedAtOnce));
    left = left.subspan(piece.size());
    if (auto described = describe(queue, piece, listed); !described) return described.error();
  }
  return listed;
}

}  // namespace leptir::redis
