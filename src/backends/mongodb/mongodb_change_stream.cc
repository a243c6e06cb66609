#include "backends/mongodb/mongodb_change_stream.h"

#include <unistd.h>

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backends/mongodb/mongodb_error.h"
#include "base/backoff.h"
#include "leptir/outcome.h"

namespace leptir::mongodb {
namespace {

using StreamCollection = std::unique_ptr<mongoc_collection_t, decltype(&mongoc_collection_destroy)>;
using Stream = std::unique_ptr<mongoc_change_stream_t, decltype(&mongoc_change_stream_destroy)>;

// So long the server waits for a change before it answers that there is none.
constexpr std::int64_t kMaxAwaitMs = 500;
// A stream that ends without an error (its collection was dropped) says at once, each time, that there is no change.
constexpr Duration kQuickAnswer = std::chrono::milliseconds(50);
constexpr int kMaxConsecutiveQuickAnswers = 20;
constexpr Duration kFirstRetryPause = std::chrono::seconds(1);
constexpr Duration kMaxRetryPause = std::chrono::minutes(1);

}  // namespace

// An update that makes a task wait, or changes when it is due. The names of updated fields have points, so that only
// $objectToArray can look at them.
Document taskChangesPipeline() {
  Document updated;
  BCON_APPEND(updated.mutableBson(), "$objectToArray", "{", "$ifNull", "[", "$updateDescription.updatedFields", "{",
              "}", "]", "}");
  Document waits, isDueOtherwise;
  BCON_APPEND(waits.mutableBson(), "$in", "[", "{", "k", "leptir.state", "v", "waiting", "}",
              BCON_DOCUMENT(updated.get()), "]");
  BCON_APPEND(isDueOtherwise.mutableBson(), "$in", "[", "leptir.due", "{", "$map", "{", "input",
              BCON_DOCUMENT(updated.get()), "in", "$$this.k", "}", "}", "]");
  Document pipeline;
  BCON_APPEND(pipeline.mutableBson(), "pipeline", "[", "{", "$match", "{", "$or", "[",  //
              "{", "operationType", "{", "$in", "[", "insert", "replace", "]", "}", "}", "{", "operationType", "update",
              "$expr", "{", "$or", "[", BCON_DOCUMENT(waits.get()), BCON_DOCUMENT(isDueOtherwise.get()), "]", "}", "}",
              "]", "}", "}", "{", "$project", "{", "_id", BCON_INT32(1), "}", "}", "]");
  return pipeline;
}

// A record is inserted or replaced, never changed in parts.
Document recordChangesPipeline() {
  Document pipeline;
  BCON_APPEND(pipeline.mutableBson(), "pipeline", "[", "{", "$match", "{", "operationType", "{", "$in", "[", "insert",
              "replace", "]", "}", "fullDocument.status", BCON_INT32(static_cast<int>(TaskStatus::Completed)), "}", "}",
              "{", "$project", "{", "_id", BCON_INT32(1), "}", "}", "]");
  return pipeline;
}

MongodbChangeStream::MongodbChangeStream(std::shared_ptr<MongodbPool> pool, std::string collection, Document pipeline)
    : pool_(std::move(pool)),
      collection_(std::move(collection)),
      pipeline_(std::move(pipeline)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

// A server without change streams is not asked again.
void MongodbChangeStream::run(const std::stop_token& stop) {
  const std::stop_callback stopped(stop, [this] { stopping_.ring(); });
  base::Backoff pause(kFirstRetryPause, kMaxRetryPause, static_cast<std::uint64_t>(::getpid()));
  auto* const client = pool_->pop();
  if (client == nullptr) return;
  while (!stop.stop_requested() && watch(client, stop) == Ended::ForNow) {
    if (isWatching_.exchange(false)) pause.reset();
    stopping_.waitFor(pause.next());
  }
  isWatching_ = false;
  pool_->push(client);
}

MongodbChangeStream::Ended MongodbChangeStream::watch(mongoc_client_t* client, const std::stop_token& stop) {
  const auto& address = pool_->address();
  const StreamCollection collection(mongoc_client_get_collection(client, address.database.c_str(), collection_.c_str()),
                                    &mongoc_collection_destroy);
  const auto options = Document().add("maxAwaitTimeMS", kMaxAwaitMs);
  const Stream stream(mongoc_collection_watch(collection.get(), pipeline_.get(), options.get()),
                      &mongoc_change_stream_destroy);
  // The stream has begun, unless there is an error, before it is asked for the first change.
  const bson_t* change = nullptr;
  bool hasChange = false;
  for (int quickAnswers = 0; quickAnswers < kMaxConsecutiveQuickAnswers && !stop.stop_requested();) {
    bson_error_t error{};
    const bson_t* reply = nullptr;
    if (!hasChange && mongoc_change_stream_error_document(stream.get(), &error, &reply)) {
      const Document none;
      const auto why =
          errorOf(error, DocumentView(reply != nullptr ? reply : none.get()), CallKind::Read, address.where);
      return why.remedy == Remedy::Configure ? Ended::ForGood : Ended::ForNow;
    }
    // What was changed before the stream began has no event.
    if (hasChange || !isWatching_.exchange(true)) bell_.ring();
    const auto begin = systemClock().bootTime();
    hasChange = mongoc_change_stream_next(stream.get(), &change);
    const bool isQuick = !hasChange && systemClock().bootTime() - begin < kQuickAnswer;
    quickAnswers = isQuick ? quickAnswers + 1 : 0;
    if (isQuick) stopping_.waitFor(kQuickAnswer);
  }
  return stop.stop_requested() ? Ended::Stopped : Ended::ForNow;
}

}  // namespace leptir::mongodb
