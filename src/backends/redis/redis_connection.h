// One connection to one redis-server, as the rest of this room uses it. What a server answers instead of doing what it
// was asked becomes an Error here, once (redis_errors.h).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backends/redis/redis_address.h"
#include "backends/redis/redis_reply.h"
#include "leptir/clock.h"
#include "leptir/result.h"
#include "leptir/wake.h"

namespace leptir {

// A Lua script, known to servers by the digest of its text.
struct RedisScript {
  std::string text;
  std::string sha1;  // 40 lower-case hex digits

  explicit RedisScript(std::string text);
};

class RedisWire;

// One thread at a time. Used by the process that opened it: in a child, each call answers Internal, since the bytes of
// two processes would mix on one connection. When a connection has ended, or its server cannot be used for now,
// the next call opens it anew (once a call, within the connect timeout), so whoever holds one needs no care of its own.
// A request that may have reached the server is never sent twice by itself.
class RedisConnection {
 public:
  using Words = std::span<const std::string_view>;

  // Connects nothing yet.
  explicit RedisConnection(RedisAddress address);
  ~RedisConnection();

  // Connects, authenticates, selects the database, unless that is done and the server is still there. Unavailable:
  // down, still loading, refused for now, no answer within the timeout. Invalid: wrong password, no such database, a
  // certificate that does not verify.
  Result<void> connect();

  // Sends one command and answers its reply, which is never of kind Error: those come as an Error.
  Result<RedisReply> run(Words words);
  Result<RedisReply> run(std::initializer_list<std::string_view> words) {
    return run(Words(words.begin(), words.size()));
  }
  // Runs a script by its digest; when the server does not know it (anymore), loads it and tries again: what answers
  // NOSCRIPT has done nothing.
  Result<RedisReply> runScript(const RedisScript& script, Words keys, Words arguments);
  struct ScriptCall {
    const RedisScript& script;
    Words keys;
    Words arguments;
  };
  // Several in one round trip, in this order, but that one which the server did not know comes last. A reply for each;
  // an error of any is the answer for all.
  Result<std::vector<RedisReply>> runScripts(std::span<const ScriptCall> calls);
  // Connects, and sees to it that the server knows these scripts, so that EVALSHA can stand among what is appended
  // next. Costs nothing when they were loaded over this connection before. One that is forgotten in between answers
  // NOSCRIPT, having done nothing, and the next call loads it again.
  Result<void> loadScripts(std::initializer_list<const RedisScript*> scripts);

  // Many commands in one go: `append` each, then `exchange`. What is appended is sent in pieces while more is appended,
  // so that the server works meanwhile. The first append connects. One reply for each, in order, some of which may be
  // of kind Error (see errorOf). Unavailable: the connection broke; any part of it may have been done.
  void append(Words words);
  void append(std::initializer_list<std::string_view> words) { append(Words(words.begin(), words.size())); }
  Result<std::vector<RedisReply>> exchange();

  // Sends a command that the server answers when it has something, at the latest after `heldFor` (XREAD BLOCK and the
  // like: `words` must say so themselves), and returns its reply; or Nil when `longest` has passed, or nothing when
  // `wake` was rung. What the server still owes then is what the next wait() returns, without sending anything: for a
  // connection of its own, which always waits for the same. Any other call gives the connection up and opens it anew.
  Result<std::optional<RedisReply>> wait(Words words, Duration heldFor, Duration longest, Wake& wake);

  // What an error reply means, with where it came from.
  Error errorOf(RedisValue error) const;

  // Of the server that was last connected to: 70015 is 7.0.15; 0: it did not say.
  int version() const { return version_; }

  const RedisAddress& address() const { return address_; }
  // Grows with each connection that was opened.
  std::uint64_t generation() const { return generation_; }

 private:
  void appendScript(std::string_view command, std::string_view script, const ScriptCall& call);
  Result<void> runForgotten(std::span<const ScriptCall> calls, std::vector<RedisReply>& replies);
  Result<void> open();
  Result<void> greet(RedisWire& wire, Duration patience);
  Result<void> checkProcess() const;
  void noteRefusals(std::span<const RedisReply> replies);
  Error broken(const Error& why);
  void close();

  RedisAddress address_;
  std::unique_ptr<RedisWire> wire_;  // null: closed
  std::size_t appended_ = 0;
  std::optional<Error> appendFailure_;  // for exchange() to answer
  bool waiting_ = false;                // the server still owes wait() a reply,
  BootTime owedBy_;                     // and has hung if it has not come by then
  std::uint64_t generation_ = 0;
  pid_t owner_ = 0;  // the process that opened it first
  int version_ = 0;
};

}  // namespace leptir
