// The documents of sessions, one for each instance (README.md, "Sessions"). All expiries are computed by the server.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "backends/mongodb/mongodb_indexes.h"
#include "backends/mongodb/mongodb_queue.h"
#include "leptir/page.h"
#include "leptir/result.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::mongodb {

// A function whose outcome is unknown repeats its call, which changes nothing more when it is applied twice.
class SessionDocuments {
 public:
  // `queue` must outlive this object.
  explicit SessionDocuments(MongodbQueue& queue) : queue_(queue), client_(*queue.client) {}

  // Invalid: this epoch or a later one was used before. An earlier session of the instance is replaced.
  Result<void> open(const SessionId& session, const SessionInfo& info, Duration lease);
  // The server's time if the session is open; nothing: it was claimed or closed, or is unknown.
  MongodbResult<std::optional<Time>> timeIfOpen(const SessionId& session);
  // False: it was claimed or closed.
  MongodbResult<bool> renew(const SessionId& session, Duration lease);
  MongodbResult<bool> close(const SessionId& session);
  // Lets the open session of this instance expire now.
  MongodbResult<void> expire(std::string_view instance);
  // Claims the sessions that have expired, but not those of `spared` instances.
  MongodbResult<void> claimExpired(const std::set<std::string>& spared);
  // Those of `names` whose sessions are not open. Sessions that were opened before the call never count as closed.
  MongodbResult<std::vector<std::string>> notOpen(const std::vector<std::string>& names);
  // The open sessions, ordered by their instances, without the numbers of their tasks.
  MongodbResult<std::vector<ListedSession>> list(Page page);

  // The index for claims, and the one that forgets sessions 30 days after their last renewal.
  static std::span<const MongodbIndex> indexes();

 private:
  MongodbResult<std::int64_t> update(const Document& filter, const Document& change);
  MongodbResult<bool> isStored(const Document& filter);

  MongodbQueue& queue_;
  MongodbClient& client_;
};

}  // namespace leptir::mongodb
