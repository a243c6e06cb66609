#include "backends/redis/redis_connector.h"

#include <unistd.h>

#include "backends/redis/redis_errors.h"
#include "backends/redis/redis_server_info.h"
#include "backends/redis/redis_wire.h"

namespace leptir::redis {
namespace {

// The reply to HELLO is a list: name, value, name, value, …
int versionIn(RedisValue hello) {
  for (std::size_t i = 0; i + 1 < hello.size(); i += 2) {
    if (hello[i].text() == "version") return redisVersion(hello[i + 1].text());
  }
  return 0;
}

// A user without the right to HELLO or PING, or a server too old for HELLO, may still have all that leptir needs.
bool isHarmlessRefusal(std::string_view refusal) {
  return refusal.starts_with("NOPERM") || refusal.starts_with("ERR unknown command");
}

}  // namespace

RedisConnector::RedisConnector(RedisAddress address) : address_(std::move(address)) {}

RedisConnector::~RedisConnector() = default;

Result<void> RedisConnector::connect() {
  if (auto ours = checkProcess(); !ours) return ours;
  if (wire_ && !wire_->isUnusable()) return {};
  wire_.reset();
  return open();
}

Result<void> RedisConnector::checkProcess() const {
  if (ownerPid_ == 0 || ownerPid_ == ::getpid()) return {};
  return Error(ErrorCode::Internal, address_.where() + ": the connection was opened before a fork");
}

Result<void> RedisConnector::open() {
  ownerPid_ = ::getpid();
  const auto deadline = systemClock().bootTime() + address_.connectTimeout;
  auto socket = openRedisSocket(address_, deadline);
  if (!socket) return socket.error().in(address_.where());
  auto wire = std::make_unique<RedisWire>(std::move(*socket));
  const auto left = std::max(deadline - systemClock().bootTime(), Duration::zero());
  if (auto greeted = greet(*wire, left); !greeted) return greeted.error().in(address_.where());
  wire_ = std::move(wire);
  ++generation_;
  return {};
}

// One round trip. PING tells whether the server wants a password and whether it is ready; HELLO does not.
Result<void> RedisConnector::greet(RedisWire& wire, Duration patience) {
  const auto put = [&](std::initializer_list<std::string_view> words) { wire.put({words.begin(), words.size()}); };
  const auto database = std::to_string(address_.database);
  const bool logsIn = !address_.password.empty();
  if (logsIn && address_.user.empty()) put({"AUTH", address_.password});
  if (logsIn && !address_.user.empty()) put({"AUTH", address_.user, address_.password});
  if (address_.database != 0) put({"SELECT", database});
  put({"HELLO", "2"});
  put({"PING"});
  const auto collected = wire.collect(patience);
  if (!collected) return collected.error();
  const auto replies = wire.take();
  if (logsIn && replies.front().value().isError()) return errorOfLogin(replies.front().value().text());
  const auto hello = replies.size() - 2;
  version_ = versionIn(replies[hello].value());
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const auto reply = replies[i].value();
    if (reply.isError() && !(i >= hello && isHarmlessRefusal(reply.text()))) return errorFrom(reply.text());
  }
  return {};
}

void RedisConnector::closeIfRefused(std::span<const RedisReply> replies) {
  for (const auto& reply : replies) {
    if (!reply.value().isError()) continue;
    if (refusalOf(reply.value().text()).connection != RedisRefusal::Connection::Ends) continue;
    wire_.reset();
    return;
  }
}

Error RedisConnector::closeBroken(const Error& why) {
  wire_.reset();
  return why.in(address_.where());
}

Error RedisConnector::errorOf(RedisValue error) const {
  return errorFrom(error.text()).in(address_.where());
}

}  // namespace leptir::redis
