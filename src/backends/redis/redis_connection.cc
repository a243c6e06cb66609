#include "backends/redis/redis_connection.h"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cassert>

#include "backends/redis/redis_errors.h"
#include "backends/redis/redis_server_info.h"
#include "backends/redis/redis_wire.h"

namespace leptir::redis {
namespace {

// append() sends when so many bytes are buffered, so that a system call carries enough of them.
constexpr std::size_t kSendAt = 16 * 1024;

std::string sha1Of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex.append({kDigits[digest[i] >> 4], kDigits[digest[i] & 15]});
  return hex;
}

// The reply to HELLO is a list: name, value, name, value, …
int versionIn(RedisValue hello) {
  for (std::size_t i = 0; i + 1 < hello.size(); i += 2) {
    if (hello[i].text() == "version") return redisVersion(hello[i + 1].text());
  }
  return 0;
}

// A user without the right to HELLO or PING, or a server too old for HELLO, may still have all that leptir needs.
bool mayBeMissing(std::string_view refusal) {
  return refusal.starts_with("NOPERM") || refusal.starts_with("ERR unknown command");
}

}  // namespace

RedisScript::RedisScript(std::string given) : text(std::move(given)), sha1(sha1Of(text)) {}

RedisConnection::RedisConnection(RedisAddress address) : address_(std::move(address)) {}

RedisConnection::~RedisConnection() = default;

Result<void> RedisConnection::connect() {
  if (auto ours = checkProcess(); !ours) return ours;
  if (waitPending_) close();
  if (wire_ && !wire_->isUnusable()) return {};
  close();
  return open();
}

Result<void> RedisConnection::checkProcess() const {
  if (ownerPid_ == 0 || ownerPid_ == ::getpid()) return {};
  return Error(ErrorCode::Internal, address_.where() + ": the connection was opened before a fork");
}

Result<void> RedisConnection::open() {
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
Result<void> RedisConnection::greet(RedisWire& wire, Duration patience) {
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
    if (reply.isError() && !(i >= hello && mayBeMissing(reply.text()))) return errorFrom(reply.text());
  }
  return {};
}

Result<RedisReply> RedisConnection::run(Words words) {
  assert(appended_ == 0 && "exchange() comes first");
  append(words);
  auto replies = exchange();
  if (!replies) return replies.error();
  const auto value = replies->front().value();
  if (value.isError()) return errorOf(value);
  return std::move(replies->front());
}

Result<RedisReply> RedisConnection::runScript(const RedisScript& script, Words keys, Words arguments) {
  auto replies = runScripts(std::array{ScriptCall{script, keys, arguments}});
  if (!replies) return replies.error();
  return std::move(replies->front());
}

Result<std::vector<RedisReply>> RedisConnection::runScripts(std::span<const ScriptCall> calls) {
  assert(appended_ == 0 && "exchange() comes first");
  for (const auto& call : calls) appendScript("EVALSHA", call.script.sha1, call);
  auto replies = exchange();
  if (!replies) return replies;
  if (auto known = rerunUnknownScripts(calls, *replies); !known) return known.error();
  for (const auto& reply : *replies) {
    if (reply.value().isError()) return errorOf(reply.value());
  }
  return replies;
}

// Runs the calls that were answered NOSCRIPT again with EVAL, which loads the script, and replaces their replies.
Result<void> RedisConnection::rerunUnknownScripts(std::span<const ScriptCall> calls, std::vector<RedisReply>& replies) {
  std::vector<std::size_t> forgotten;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto value = replies[i].value();
    if (value.isError() && isNoScript(value.text())) forgotten.push_back(i);
  }
  for (const auto i : forgotten) appendScript("EVAL", calls[i].script.text, calls[i]);
  auto again = exchange();
  if (!again) return again.error();
  for (std::size_t i = 0; i < forgotten.size(); ++i) replies[forgotten[i]] = std::move((*again)[i]);
  return {};
}

void RedisConnection::appendScript(std::string_view command, std::string_view script, const ScriptCall& call) {
  const auto count = std::to_string(call.keys.size());
  std::vector<std::string_view> words{command, script, count};
  words.insert(words.end(), call.keys.begin(), call.keys.end());
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  append(words);
}

Result<void> RedisConnection::loadScripts(std::initializer_list<const RedisScript*> scripts) {
  if (auto connected = connect(); !connected) return connected;
  for (const auto* script : scripts) {
    if (!wire_->scripts.contains(script->sha1)) append({"SCRIPT", "LOAD", script->text});
  }
  const auto replies = exchange();
  if (!replies) return replies.error();
  for (const auto& reply : *replies) {
    if (reply.value().isError()) return errorOf(reply.value());
  }
  for (const auto* script : scripts) wire_->scripts.insert(script->sha1);
  return {};
}

void RedisConnection::append(Words words) {
  if (appended_++ == 0) {
    if (auto connected = connect(); !connected) appendFailure_ = connected.error();
  }
  if (appendFailure_) return;
  wire_->put(words);
  if (wire_->unsent() < kSendAt) return;
  if (auto pumped = wire_->pump(); !pumped) appendFailure_ = closeBroken(pumped.error());
}

Result<std::vector<RedisReply>> RedisConnection::exchange() {
  if (std::exchange(appended_, 0) == 0) return std::vector<RedisReply>();
  if (auto ours = checkProcess(); !ours) return ours.error();
  if (appendFailure_) return *std::exchange(appendFailure_, {});
  const auto collected = wire_->collect(address_.operationTimeout);
  if (!collected) return closeBroken(collected.error());
  auto replies = wire_->take();
  handleErrorReplies(replies);
  return replies;
}

Result<std::optional<RedisReply>> RedisConnection::wait(Words words, Duration heldFor, Duration longest, Wake& wake) {
  if (auto ours = checkProcess(); !ours) return ours.error();
  if (!waitPending_) {
    if (auto connected = connect(); !connected) return connected.error();
    wire_->put(words);
    waitPending_ = true;
    replyDueBy_ = systemClock().bootTime() + heldFor + address_.operationTimeout;
  }
  const auto collected = wire_->collect(std::min(longest, replyDueBy_ - systemClock().bootTime()), &wake);
  if (!collected) return closeBroken(collected.error());
  if (*collected == RedisWire::End::Woken) return std::nullopt;
  if (*collected == RedisWire::End::TimedOut) {
    if (systemClock().bootTime() < replyDueBy_) return RedisReply::nil();
    return closeBroken(Error(ErrorCode::Unavailable, "no reply to a blocking command whose time is over"));
  }
  waitPending_ = false;
  auto replies = wire_->take();
  handleErrorReplies(replies);
  const auto value = replies.front().value();
  if (value.isError()) return errorOf(value);
  return std::move(replies.front());
}

void RedisConnection::handleErrorReplies(std::span<const RedisReply> replies) {
  bool ends = false;
  for (const auto& reply : replies) {
    if (!reply.value().isError()) continue;
    const auto text = reply.value().text();
    if (isNoScript(text)) wire_->scripts.clear();
    ends = ends || refusalOf(text).connection == RedisRefusal::Connection::Ends;
  }
  if (ends) close();
}

Error RedisConnection::errorOf(RedisValue error) const {
  return errorFrom(error.text()).in(address_.where());
}

Error RedisConnection::closeBroken(const Error& why) {
  close();
  return why.in(address_.where());
}

void RedisConnection::close() {
  wire_.reset();
  waitPending_ = false;
}

}  // namespace leptir::redis
