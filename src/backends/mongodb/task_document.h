// The document of a task: what a push inserts, and what a lease and a search read. (README.md)
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "backends/mongodb/bson.h"
#include "leptir/result.h"
#include "leptir/spi/broker_task.h"
#include "leptir/spi/encoded_task.h"
#include "leptir/spi/task_keeper.h"

namespace leptir::mongodb {

// Names of fields and states, each once.
namespace field {
inline constexpr const char* kState = "leptir.state";
inline constexpr const char* kDue = "leptir.due";
inline constexpr const char* kId = "leptir.id";
inline constexpr const char* kLease = "leptir.lease";
inline constexpr const char* kSession = "leptir.session";
inline constexpr const char* kToken = "leptir.token";
inline constexpr const char* kLeftToOthers = "leptir.left";
inline constexpr const char* kCancel = "leptir.cancel";
inline constexpr const char* kReason = "leptir.reason";
inline constexpr const char* kBuriedAt = "leptir.buriedAt";
}  // namespace field
namespace state {
inline constexpr const char* kWaiting = "waiting";
inline constexpr const char* kLeased = "leased";
inline constexpr const char* kBuried = "buried";
}  // namespace state

// `_id` of a task that is due then: "%08x" of the seconds, "0.", then six digits of microseconds and two random ones;
// `tries` counts collisions, each of which adds random digits. Times before 1970 count as 1970.
std::string documentId(Time due, int tries);
// The due time that an `_id` names, in whole seconds, since PHP's fractions are random; none: it is no such text.
std::optional<Time> dueIn(std::string_view documentId);
// The due time of a document that another program pushed: as its `_id` says, if that is a text of this form, else as
// `toex` says, if that is a number; none: at once.
std::optional<Time> dueOfForeign(DocumentView document);

// The document of a push; its `_id` is `id`, or documentId(due, 0). TooLarge: it would exceed `maxBytes`. Invalid: as
// fieldsOf. The errors name the task.
Result<Document> taskDocument(const EncodedTask& task, Time due, std::size_t maxBytes, const std::string& id = {});

// The identity of a stored document in a LeaseId: the BSON of {_id: …}, whatever type it has. None: the document has no
// `_id`, or one that makes the handle longer than kMaxHandleBytes.
inline constexpr std::size_t kMaxHandleBytes = 2048 - 16;
std::optional<std::string> handleOf(DocumentView document);
Document idFilter(std::string_view handle);
// Adds the `_id` itself under `key`.
void addIdTo(Document& to, std::string_view key, std::string_view handle);

// A leased document as a session returns it; the handle is empty if there is none (handleOf).
LeasedTask leasedTask(DocumentView document);
// A document as a search returns it; `now`: the server's, to tell due from scheduled.
FoundTask foundTask(DocumentView document, Time now);
Counters countersOf(DocumentView document);

}  // namespace leptir::mongodb
