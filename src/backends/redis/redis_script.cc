#include "backends/redis/redis_script.h"

#include <openssl/evp.h>

#include <array>

#include "backends/redis/redis_errors.h"

namespace leptir::redis {
namespace {

std::string sha1Of(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex.append({kHexDigits[digest[i] >> 4], kHexDigits[digest[i] & 15]});
  return hex;
}

Result<void> checkReplies(const RedisConnection& connection, std::span<const RedisReply> replies) {
  for (const auto& reply : replies) {
    if (reply.value().isError()) return connection.errorOf(reply.value());
  }
  return {};
}

// Runs the calls that were answered NOSCRIPT again with the text of their script, and replaces their replies.
Result<void> rerunUnknownScripts(RedisConnection& connection, std::span<const RedisScriptCall> calls,
                                 std::vector<RedisReply>& replies) {
  std::vector<std::size_t> unknown;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto value = replies[i].value();
    if (value.isError() && isNoScript(value.text())) unknown.push_back(i);
  }
  for (const auto i : unknown) connection.append(calls[i].wordsWithText());
  auto again = connection.exchange();
  if (!again) return again.error();
  for (std::size_t i = 0; i < unknown.size(); ++i) replies[unknown[i]] = std::move((*again)[i]);
  return {};
}

}  // namespace

RedisScript::RedisScript(std::string_view script) : text(script), sha1(sha1Of(script)) {}

std::vector<std::string_view> RedisScriptCall::wordsWithText() const {
  auto words = words_;
  words[0] = "EVAL";
  words[1] = script_->text;
  return words;
}

Result<RedisReply> runScript(RedisConnection& connection, const RedisScriptCall& call) {
  auto replies = runScripts(connection, std::span(&call, 1));
  if (!replies) return replies.error();
  return std::move(replies->front());
}

Result<std::vector<RedisReply>> runScripts(RedisConnection& connection, std::span<const RedisScriptCall> calls) {
  for (const auto& call : calls) connection.append(call.words());
  auto replies = connection.exchange();
  if (!replies) return replies;
  if (auto known = rerunUnknownScripts(connection, calls, *replies); !known) return known.error();
  if (auto fine = checkReplies(connection, *replies); !fine) return fine.error();
  return replies;
}

Result<void> RedisScriptLoader::load(std::initializer_list<const RedisScript*> scripts) {
  if (auto connected = connection_.connect(); !connected) return connected;
  if (generation_ != connection_.generation()) loaded_.clear();
  generation_ = connection_.generation();
  for (const auto* script : scripts) {
    if (!loaded_.contains(script)) connection_.append({"SCRIPT", "LOAD", script->text});
  }
  const auto replies = connection_.exchange();
  if (!replies) return replies.error();
  if (auto fine = checkReplies(connection_, *replies); !fine) return fine;
  loaded_.insert(scripts);
  return {};
}

}  // namespace leptir::redis
