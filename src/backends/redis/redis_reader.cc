#include "backends/redis/redis_reader.h"

#include <hiredis/hiredis.h>

#include <new>
#include <string>

#include "base/escape.h"

namespace leptir::redis {
namespace {

// Limits for one block of replies: the largest text that leptir requests is an envelope (16 MiB), the longest list a
// lease of some thousand tasks.
constexpr std::size_t kMaxUnreadBytes = std::size_t{64} << 20;
constexpr std::size_t kMaxTextBytes = std::size_t{512} << 20;
constexpr std::size_t kMaxValuesPerReply = std::size_t{4} << 20;
// The buffer that stays allocated between replies.
constexpr std::size_t kKeptReceiveBuffer = std::size_t{1} << 20;

// The replies that leptir requests nest at most three lists deep. hiredis has a limit too, but it depends on its
// version.
constexpr int kMaxNestedLists = 7;

RedisReplyBlock& blockOf(const redisReadTask* task) {
  return *static_cast<RedisReplyBlock*>(task->privdata);
}

// hiredis passes the pointers that createString etc. return back to us and itself only compares them with null, so a
// pointer holds the index of a node plus one.
void* toHandle(std::uint32_t index) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);  // NOLINT(performance-no-int-to-ptr)
}
std::uint32_t fromHandle(const void* handle) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(handle) - 1);
}

// Stores `node`: an element of a list goes into the slot that createArray reserved, any other value behind the last
// node. Null: the block has too many values.
void* storeNode(const redisReadTask* task, RedisReplyBlock::Node node) {
  auto& replies = blockOf(task);
  if (task->parent == nullptr) {
    if (replies.nodes.size() >= kMaxValuesPerReply) return nullptr;
    replies.nodes.push_back(node);
    return toHandle(static_cast<std::uint32_t>(replies.nodes.size() - 1));
  }
  const auto& list = replies.nodes[fromHandle(task->parent->obj)];
  const auto index = static_cast<std::uint32_t>(list.number) + static_cast<std::uint32_t>(task->idx);
  replies.nodes[index] = node;
  return toHandle(index);
}

RedisValue::Kind kindOfText(int type) {
  if (type == REDIS_REPLY_ERROR) return RedisValue::Kind::Error;
  return type == REDIS_REPLY_STATUS ? RedisValue::Kind::Status : RedisValue::Kind::Text;
}

void* createString(const redisReadTask* task, char* bytes, std::size_t size) {
  auto& text = blockOf(task).text;
  if (text.size() + size > kMaxTextBytes) return nullptr;
  const RedisReplyBlock::Node node{kindOfText(task->type), static_cast<std::uint32_t>(size),
                                   static_cast<std::int64_t>(text.size())};
  text.append(bytes, size);
  return storeNode(task, node);
}

bool isTooDeep(const redisReadTask* task) {
  int levels = 1;
  for (const auto* each = task; each->parent != nullptr; each = each->parent) {
    if (++levels > kMaxNestedLists) return true;
  }
  return false;
}

// A template, since the type of `elements` depends on the version of hiredis.
template <class Count>
void* createArray(const redisReadTask* task, Count elements) {
  auto& nodes = blockOf(task).nodes;
  if (isTooDeep(task) || static_cast<std::uint64_t>(elements) > kMaxValuesPerReply - nodes.size()) return nullptr;
  const auto size = static_cast<std::uint32_t>(elements);
  void* handle = storeNode(task, {RedisValue::Kind::List, size, 0});
  if (handle == nullptr) return nullptr;
  nodes[fromHandle(handle)].number = static_cast<std::int64_t>(nodes.size());
  nodes.resize(nodes.size() + size);
  return handle;
}

void* createInteger(const redisReadTask* task, long long number) {
  return storeNode(task, {RedisValue::Kind::Integer, 0, number});
}

void* createNil(const redisReadTask* task) {
  return storeNode(task, {});
}

void freeObject(void*) {}

#if HIREDIS_MAJOR >= 1
// RESP3 types. leptir never asks for RESP3, but a server may send anything.
void* createDouble(const redisReadTask* task, double, char* bytes, std::size_t size) {
  return createString(task, bytes, size);
}
void* createBool(const redisReadTask* task, int truth) {
  return createInteger(task, truth);
}
#endif

redisReplyObjectFunctions functions{
    .createString = createString,
    .createArray = createArray,
    .createInteger = createInteger,
#if HIREDIS_MAJOR >= 1
    .createDouble = createDouble,
#endif
    .createNil = createNil,
#if HIREDIS_MAJOR >= 1
    .createBool = createBool,
#endif
    .freeObject = freeObject,
};

}  // namespace

RedisReader::RedisReader()
    : replies_(std::make_shared<RedisReplyBlock>()), reader_(redisReaderCreateWithFunctions(&functions)) {
  if (!reader_) throw std::bad_alloc();
  reader_->maxbuf = kKeptReceiveBuffer;
  reader_->privdata = replies_.get();
}

Result<void> RedisReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
  if (auto parsed = parse(); !parsed) return parsed;
  if (reader_->len - reader_->pos > kMaxUnreadBytes)
    return Error(ErrorCode::Unavailable, "sends a text larger than any reply that leptir asks for");
  return {};
}

Result<void> RedisReader::parse() {
  // Without bytes left, redisReaderGetReply() would already begin the next reply, which belongs to the next block.
  while (reader_->pos < reader_->len) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK)
      return Error(ErrorCode::Unavailable, "sends what no redis-server would (" + base::escaped(reader_->errstr) +
                                               "): is it a redis-server, and is this port one without TLS?");
    if (reply == nullptr) return {};
    roots_.push_back(fromHandle(reply));
  }
  return {};
}

bool RedisReader::isBetweenReplies() const {
  return reader_->ridx == -1 && reader_->pos == reader_->len;
}

std::vector<RedisReply> RedisReader::take() {
  std::vector<RedisReply> taken;
  taken.reserve(roots_.size());
  for (const auto root : roots_) taken.emplace_back(replies_, root);
  roots_.clear();
  replies_ = std::make_shared<RedisReplyBlock>();
  reader_->privdata = replies_.get();
  return taken;
}

void RedisReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

}  // namespace leptir::redis
