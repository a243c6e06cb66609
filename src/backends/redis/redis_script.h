// A Lua script on a redis-server, one call of it, and how calls are sent.
#pragma once

#include <cassert>
#include <concepts>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_connection.h"

namespace leptir::redis {

// A script and the digest by which servers know it.
struct RedisScript {
  std::string text;
  std::string sha1;  // 40 lower-case hex digits

  explicit RedisScript(std::string_view script);
};

// One call of a script: first its keys, then its arguments, in the order in which the script names them. The script and
// the texts that are passed as views or lvalues must outlive the call; temporary strings and numbers are kept in it.
class RedisScriptCall {
 public:
  explicit RedisScriptCall(const RedisScript& script) : script_(&script), words_{"EVALSHA", script.sha1, "0"} {}
  RedisScriptCall(RedisScriptCall&&) noexcept = default;
  RedisScriptCall(const RedisScriptCall&) = delete;
  RedisScriptCall& operator=(const RedisScriptCall&) = delete;

  // Once, before all arguments.
  template <class... Texts>
  RedisScriptCall& keys(Texts&&... texts) {
    assert(words_.size() == kFirstKeyPosition);
    words_[kKeyCountPosition] = owned_.emplace_back(std::to_string(sizeof...(texts)));
    (add(std::forward<Texts>(texts)), ...);
    return *this;
  }
  template <class... Texts>
  RedisScriptCall& arguments(Texts&&... texts) {
    (add(std::forward<Texts>(texts)), ...);
    return *this;
  }
  // An argument for each element of `range`.
  template <class Range, class Of>
  RedisScriptCall& addEach(const Range& range, Of argumentOf) {
    for (const auto& each : range) add(std::invoke(argumentOf, each));
    return *this;
  }

  // The command that names the script by its digest.
  RedisConnection::Words words() const { return words_; }
  // The command that sends the text of the script, which also loads it.
  std::vector<std::string_view> wordsWithText() const;

 private:
  static constexpr std::size_t kKeyCountPosition = 2, kFirstKeyPosition = 3;  // positions in words_

  void add(std::string_view text) { words_.push_back(text); }
  void add(const char* text) { words_.emplace_back(text); }
  void add(std::string&& text) { words_.push_back(owned_.emplace_back(std::move(text))); }
  void add(std::integral auto number) { add(std::to_string(number)); }

  const RedisScript* script_;
  std::vector<std::string_view> words_;
  std::deque<std::string> owned_;
};

// Runs a script by its digest. When the server does not know the script, sends its text: a call that was answered
// NOSCRIPT has done nothing. To be called between two pipelines, as RedisConnection::run.
Result<RedisReply> runScript(RedisConnection& connection, const RedisScriptCall& call);
// Several scripts in one round trip, in this order; but a script that the server did not know runs after the others.
// Returns a reply for each, or the first error.
Result<std::vector<RedisReply>> runScripts(RedisConnection& connection, std::span<const RedisScriptCall> calls);

// Loads scripts before a pipeline whose commands call them.
class RedisScriptLoader {
 public:
  // `connection` must outlive this object.
  explicit RedisScriptLoader(RedisConnection& connection) : connection_(connection) {}

  // Connects and makes sure that the server knows these scripts. Costs nothing when this object loaded them over this
  // connection before.
  Result<void> load(std::initializer_list<const RedisScript*> scripts);
  // To be called after NOSCRIPT: the server has forgotten its scripts. That call has done nothing.
  void forget() { loaded_.clear(); }

 private:
  RedisConnection& connection_;
  std::uint64_t generation_ = 0;  // of the connection over which they were loaded
  std::set<const RedisScript*> loaded_;
};

}  // namespace leptir::redis
