// For tests: a real redis-server with a unix socket in a temporary folder; it ends with the object. It keeps nothing on
// disk and evicts nothing unless its settings say so.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "tests/support/server_process.h"
#include "tests/support/shifted_page.h"
#include "tests/support/temp_dir.h"

namespace leptir {

class RedisServer {
 public:
  // How clients reach the server. Tcp: on a free port of 127.0.0.1, besides the unix socket.
  enum class Reach { UnixSocket, Tcp };
  // The wall clock of the server: that of the machine; that of the machine plus an offset that the test sets (Shifted);
  // or one that stands at the start of a ManualClock until the test moves it (Manual).
  enum class Time { Machine, Shifted, Manual };
  // Lines of the server's configuration, for example {"appendonly yes", "maxmemory 4mb"}.
  using Settings = std::vector<std::string>;

  // Starts the server and returns when it answers.
  explicit RedisServer(const Settings& settings = {}, Reach reach = Reach::UnixSocket, Time time = Time::Machine);

  // Starts a stopped server again, with the data in its folder, on the same socket and port.
  void start();
  void stop() { process_.end(SIGTERM); }
  void kill() { process_.end(SIGKILL); }
  void freeze() { process_.freeze(); }  // connections are accepted and never answered
  void thaw() { process_.thaw(); }
  void restart() { stop(), start(); }

  std::string socket() const { return folder_ / "redis.sock"; }
  int port() const { return port_; }  // 0: without a TCP port
  pid_t pid() const { return process_.pid(); }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::string log() const { return readWholeFile(folder_ / "redis.log"); }
  // The keys `scheme` and `path` of the configuration of a store on this server.
  Json connection() const { return {{"scheme", "unix"}, {"path", socket()}}; }

  // Sends a command with hiredis, independently of leptir's client. Texts come as they are, whatever their bytes, and
  // arrays as lists. Throws a std::runtime_error with the server's words on an error.
  Json ask(const std::vector<std::string_view>& words);

  // Moves the clock of a Shifted or Manual server forward.
  void advance(Duration by);
  // Deletes all data and scripts; sets a Manual clock back to its start.
  void startOver();

 private:
  void writeConfiguration(const Settings& settings) const;
  bool answers();

  TempDir folder_;
  std::optional<ShiftedPage> clock_;  // empty: the machine's
  int port_ = 0;
  ServerProcess process_;
};

// The server that the tests of a program share: started by the first call, emptied by every call.
RedisServer& sharedRedisServer(RedisServer::Time time = RedisServer::Time::Machine);

}  // namespace leptir
