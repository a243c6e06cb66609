// One connection to one redis-server, as the rest of this module uses it. It turns error replies into Errors
// (redis_errors.h).
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
#include "leptir/spi/wake.h"

namespace leptir::redis {

// A Lua script and the digest by which servers know it.
struct RedisScript {
  std::string text;
  std::string sha1;  // 40 lower-case hex digits

  explicit RedisScript(std::string text);
};

class RedisWire;

// Used by one thread at a time, and only in the process that opened it: in a forked child each call returns Internal,
// since the bytes of two processes would mix on one connection. When the connection has ended, or the server cannot be
// used for now, the next call connects again (once for each call, within the connect timeout); callers need no code for
// that. A request that may have reached the server is never sent again by this class.
class RedisConnection {
 public:
  using Words = std::span<const std::string_view>;

  // Does not connect yet.
  explicit RedisConnection(RedisAddress address);
  ~RedisConnection();

  // Connects, logs in and selects the database, unless a usable connection is open. Unavailable: the server is down,
  // still loading, refuses for now, or does not answer within the timeout. Invalid: wrong password, no such database, a
  // certificate that does not verify.
  Result<void> connect();

  // Sends one command and returns its reply, which is never of kind Error: an error reply becomes an Error.
  Result<RedisReply> run(Words words);
  Result<RedisReply> run(std::initializer_list<std::string_view> words) {
    return run(Words(words.begin(), words.size()));
  }
  // Runs a script by its digest. When the server does not know the script, sends its text, which loads it: a call that
  // was answered NOSCRIPT has done nothing.
  Result<RedisReply> runScript(const RedisScript& script, Words keys, Words arguments);
  struct ScriptCall {
    const RedisScript& script;
    Words keys;
    Words arguments;
  };
  // Several scripts in one round trip, in this order; but a script that the server did not know runs after the others.
  // Returns a reply for each, or the first error.
  Result<std::vector<RedisReply>> runScripts(std::span<const ScriptCall> calls);
  // Connects and makes sure that the server knows these scripts, so that EVALSHA can be among the commands appended
  // next. Costs nothing when they were loaded over this connection before. If the server forgets a script meanwhile,
  // EVALSHA answers NOSCRIPT, having done nothing, and the next loadScripts() loads it again.
  Result<void> loadScripts(std::initializer_list<const RedisScript*> scripts);

  // A pipeline: `append` each command, then `exchange`. The first append connects; commands are sent while more are
  // appended, so that the server already works on them. Returns one reply for each command, in order; some may be of
  // kind Error (see errorOf). Unavailable: the connection broke, and any of the commands may have been executed.
  void append(Words words);
  void append(std::initializer_list<std::string_view> words) { append(Words(words.begin(), words.size())); }
  Result<std::vector<RedisReply>> exchange();

  // Sends a blocking command (XREAD BLOCK and the like), which the server answers when it has something, at the latest
  // after `heldFor`; `words` must contain that time. Returns the reply, Nil when `longest` has passed, or nothing when
  // `wake` was rung. In the last two cases the reply is still due: the next wait() returns it without sending anything,
  // so a connection used for waiting always waits for the same thing. Any other call closes that connection and opens a
  // new one.
  Result<std::optional<RedisReply>> wait(Words words, Duration heldFor, Duration longest, Wake& wake);

  // The Error for an error reply; its message names the server.
  Error errorOf(RedisValue error) const;

  // Version of the server that was last connected to: 70015 is 7.0.15; 0: unknown.
  int version() const { return version_; }

  const RedisAddress& address() const { return address_; }
  // Grows with each connection that was opened.
  std::uint64_t generation() const { return generation_; }

 private:
  void appendScript(std::string_view command, std::string_view script, const ScriptCall& call);
  Result<void> rerunUnknownScripts(std::span<const ScriptCall> calls, std::vector<RedisReply>& replies);
  Result<void> open();
  Result<void> greet(RedisWire& wire, Duration patience);
  Result<void> checkProcess() const;
  void handleErrorReplies(std::span<const RedisReply> replies);
  Error closeBroken(const Error& why);
  void close();

  RedisAddress address_;
  std::unique_ptr<RedisWire> wire_;  // null: not connected
  std::size_t appended_ = 0;
  std::optional<Error> appendFailure_;  // the error that exchange() will return
  bool waitPending_ = false;            // the server has not answered a wait() yet
  BootTime replyDueBy_;                 // a reply to that wait() later than this means a hung server
  std::uint64_t generation_ = 0;
  pid_t ownerPid_ = 0;  // pid of the process that connected first; 0: none yet
  int version_ = 0;
};

}  // namespace leptir::redis
