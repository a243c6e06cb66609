#include "backends/mongodb/lease_holders.h"

#include <vector>

#include "backends/mongodb/task_update.h"

namespace leptir::mongodb {

MongodbResult<LeaseHolders> findHolders(MongodbQueue& queue, std::span<const LeaseId> leases) {
  std::vector<std::string> handles;
  for (const auto& lease : leases) {
    if (isHandle(lease.handle)) handles.push_back(lease.handle);
  }
  const auto projection =
      Document().add(field::kState, 1).add(field::kSession, 1).add(field::kLease, 1).add(field::kToken, 1);
  const auto found = queue.client->find(queue.tasks, Document().add("_id", ids("$in", handles)),
                                        Document().add("projection", projection));
  if (!found) return tl::unexpected(found.error());
  LeaseHolders holders;
  for (const auto& document : *found) {
    const DocumentView view(document);
    const auto handle = handleOf(view);
    if (!handle) continue;
    const bool isLeased = view.text(field::kState) == state::kLeased;
    holders[*handle] = {.session = isLeased ? std::string(view.text(field::kSession).value_or("")) : "",
                        .number = view.integer(field::kLease).value_or(0),
                        .token = std::string(view.text(field::kToken).value_or(""))};
  }
  return holders;
}

}  // namespace leptir::mongodb
