#include "tests/support/mongodb_retries.h"

#include <chrono>

namespace leptir {
namespace {

BsonDocument copyOf(const BsonDocument& document) {
  return BsonDocument(::bson_copy(document.get()));
}

bool isApplied(const BsonDocument* reply) {
  bson_iter_t ok;
  return reply != nullptr && ::bson_iter_init_find(&ok, reply->get(), "ok") && ::bson_iter_as_bool(&ok);
}

}  // namespace

MongodbRetries::Key MongodbRetries::keyOf(const BsonDocument& command) {
  bson_iter_t session, number;
  if (!::bson_iter_init_find(&session, command.get(), "lsid")) return {};
  if (!::bson_iter_init_find(&number, command.get(), "txnNumber")) return {};
  const std::uint8_t* bytes = nullptr;
  std::uint32_t size = 0;
  ::bson_iter_document(&session, &size, &bytes);
  return std::string(reinterpret_cast<const char*>(bytes), size) + std::to_string(::bson_iter_as_int64(&number));
}

std::optional<BsonDocument> MongodbRetries::begin(const Key& key) {
  std::unique_lock lock(mutex_);
  const auto isEnded = [&] { return !writes_.contains(key) || writes_[key].has_value(); };
  if (!ended_.wait_for(lock, std::chrono::seconds(10), isEnded))
    return BsonDocument::fromJson(R"({"ok": 0, "code": 50, "errmsg": "the first try of this write has not ended"})");
  const auto known = writes_.find(key);
  if (known == writes_.end()) {
    writes_[key];
    return std::nullopt;
  }
  ++repeated_;
  return copyOf(*known->second);
}

void MongodbRetries::end(const Key& key, const BsonDocument* reply) {
  const std::lock_guard lock(mutex_);
  if (isApplied(reply))
    writes_[key] = copyOf(*reply);
  else
    writes_.erase(key);
  ended_.notify_all();
}

int MongodbRetries::repeated() const {
  const std::lock_guard lock(mutex_);
  return repeated_;
}

}  // namespace leptir
