// Leases due tasks for one session: one by findAndModify, several by compare-and-set with a token (README.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/mongodb/mongodb_adoption.h"
#include "backends/mongodb/mongodb_due_search.h"
#include "backends/mongodb/mongodb_queue.h"
#include "leptir/spi/broker_task.h"

namespace leptir::mongodb {

// One thread at a time.
class MongodbLease {
 public:
  // `queue` and `adoption` must outlive this object. `session`: sessionName().
  MongodbLease(MongodbQueue& queue, MongodbAdoption& adoption, std::string session)
      : queue_(queue),
        client_(*queue.client),
        adoption_(adoption),
        session_(std::move(session)),
        search_(queue, adoption, session_) {}

  // At most `limit` tasks that are due at `now`, the server's time; the earliest first. The session is open. After an
  // error the session may hold tasks that were leased before it.
  MongodbResult<std::vector<LeasedTask>> lease(std::size_t limit, Time now);
  // When the next task that this session may lease is due; nothing: none waits.
  MongodbResult<std::optional<Time>> nextDue(Time now) { return search_.nextDue(now); }

  // The session leaves tasks to others from now on.
  void noteLeftToOthers() { search_.noteLeftToOthers(); }

 private:
  MongodbResult<std::vector<LeasedTask>> leaseFound(const DueTasks& found, Time now);
  MongodbResult<std::vector<LeasedTask>> leasePart(const DueTasks& part, Time now);
  MongodbResult<std::optional<LeasedTask>> leaseOne(Time now);
  MongodbResult<std::vector<LeasedTask>> leaseMany(std::size_t limit, Time now);
  MongodbResult<std::size_t> mark(const DueTasks& candidates, std::uint64_t number, const std::string& token, Time now);
  MongodbResult<void> markOrBury(const DueTasks& candidates, std::uint64_t number, const std::string& token, Time now);
  MongodbResult<void> noteBurials(const DueTasks& candidates, const WriteReply& marked);
  MongodbResult<std::vector<LeasedTask>> read(const DueTasks& candidates, const std::string& token);
  Document marking(std::uint64_t number, const std::string& token) const;
  std::uint64_t nextNumber(Time now, std::uint64_t atLeast);

  MongodbQueue& queue_;
  MongodbClient& client_;
  MongodbAdoption& adoption_;
  const std::string session_;
  MongodbDueSearch search_;
  std::uint64_t lastNumber_ = 0;
};

}  // namespace leptir::mongodb
