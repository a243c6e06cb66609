#include "backends/redis/redis_reader.h"

#include <hiredis/hiredis.h>

#include <new>
#include <string>

#include "base/escape.h"

namespace leptir {
namespace {

// The largest text that we ask for is an envelope (16 MB); a list is a lease of some thousand tasks.
constexpr std::size_t kMostUnread = std::size_t{64} << 20;
constexpr std::size_t kMostText = std::size_t{512} << 20;
constexpr std::size_t kMostValues = std::size_t{4} << 20;
// What stays allocated between replies.
constexpr std::size_t kKeptBuffer = std::size_t{1} << 20;

// Lists of ours nest at most three deep. The limit of hiredis itself depends on its version.
constexpr int kMostLevels = 7;

RedisReplies& repliesOf(const redisReadTask* task) {
  return *static_cast<RedisReplies*>(task->privdata);
}

// hiredis hands pointers around and only compares them with null.
void* toHandle(std::uint32_t index) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(index) + 1);  // NOLINT(performance-no-int-to-ptr)
}
std::uint32_t fromHandle(const void* handle) {
  return static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(handle) - 1);
}

// The place of a value: an element of a list has one already. Null: there are too many.
void* place(const redisReadTask* task, RedisReplies::Node node) {
  auto& replies = repliesOf(task);
  if (task->parent == nullptr) {
    if (replies.nodes.size() >= kMostValues) return nullptr;
    replies.nodes.push_back(node);
    return toHandle(static_cast<std::uint32_t>(replies.nodes.size() - 1));
  }
  const auto& list = replies.nodes[fromHandle(task->parent->obj)];
  const auto index = static_cast<std::uint32_t>(list.number) + static_cast<std::uint32_t>(task->idx);
  replies.nodes[index] = node;
  return toHandle(index);
}

RedisValue::Kind kindOf(int type) {
  if (type == REDIS_REPLY_ERROR) return RedisValue::Kind::Error;
  return type == REDIS_REPLY_STATUS ? RedisValue::Kind::Status : RedisValue::Kind::Text;
}

void* createString(const redisReadTask* task, char* bytes, std::size_t size) {
  auto& text = repliesOf(task).text;
  if (text.size() + size > kMostText) return nullptr;
  const RedisReplies::Node node{kindOf(task->type), static_cast<std::uint32_t>(size),
                                static_cast<std::int64_t>(text.size())};
  text.append(bytes, size);
  return place(task, node);
}

bool isTooDeep(const redisReadTask* task) {
  int levels = 1;
  for (const auto* each = task; each->parent != nullptr; each = each->parent) {
    if (++levels > kMostLevels) return true;
  }
  return false;
}

// How hiredis counts depends on its version.
template <class Count>
void* createArray(const redisReadTask* task, Count elements) {
  auto& nodes = repliesOf(task).nodes;
  if (isTooDeep(task) || static_cast<std::uint64_t>(elements) > kMostValues - nodes.size()) return nullptr;
  const auto size = static_cast<std::uint32_t>(elements);
  void* handle = place(task, {RedisValue::Kind::List, size, 0});
  if (handle == nullptr) return nullptr;
  nodes[fromHandle(handle)].number = static_cast<std::int64_t>(nodes.size());
  nodes.resize(nodes.size() + size);
  return handle;
}

void* createInteger(const redisReadTask* task, long long number) {
  return place(task, {RedisValue::Kind::Integer, 0, number});
}

void* createNil(const redisReadTask* task) {
  return place(task, {});
}

void freeObject(void*) {}

#if HIREDIS_MAJOR >= 1
// Of a protocol that we never ask for; but whoever answers may say anything.
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
    : replies_(std::make_shared<RedisReplies>()), reader_(redisReaderCreateWithFunctions(&functions)) {
  if (!reader_) throw std::bad_alloc();
  reader_->maxbuf = kKeptBuffer;
  reader_->privdata = replies_.get();
}

Result<void> RedisReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
  if (auto parsed = parse(); !parsed) return parsed;
  if (reader_->len - reader_->pos > kMostUnread)
    return Error(ErrorCode::Unavailable, "answers with a text larger than any that leptir asks for");
  return {};
}

Result<void> RedisReader::parse() {
  // Asked without bytes it would begin the next reply already, which belongs to another block.
  while (reader_->pos < reader_->len) {
    void* reply = nullptr;
    if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK)
      return Error(ErrorCode::Unavailable, "answers what no redis-server would (" + escaped(reader_->errstr) +
                                               "): is it one, and on this port without TLS?");
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
  replies_ = std::make_shared<RedisReplies>();
  reader_->privdata = replies_.get();
  return taken;
}

void RedisReader::Free::operator()(redisReader* reader) const {
  redisReaderFree(reader);
}

}  // namespace leptir
