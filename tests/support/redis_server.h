// For tests: a real redis-server of their own, on a unix socket in a folder of its own, gone with the test. It keeps
// nothing on disk and evicts nothing unless its settings say otherwise.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "tests/support/temp_dir.h"

namespace leptir {

struct ShiftedTime;

class RedisServer {
 public:
  // How it is reached; Tcp: on a free port of 127.0.0.1, and on the unix socket as well.
  enum class Reach { UnixSocket, Tcp };
  // What its wall clock is: the machine's, or one that the test moves. Manual begins where a ManualClock does and
  // stands.
  enum class Time { Machine, Shifted, Manual };
  // Lines of its configuration: {"appendonly yes", "maxmemory 4mb"}.
  using Settings = std::vector<std::string>;

  // Answers when this returns.
  explicit RedisServer(const Settings& settings = {}, Reach reach = Reach::UnixSocket, Time time = Time::Machine);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // Started again it finds what it has written to its folder, under the same socket and port.
  void start();
  void stop();    // as an operator does: SIGTERM, and waits
  void kill();    // SIGKILL
  void freeze();  // SIGSTOP: it accepts and never answers
  void thaw();
  void restart() { stop(), start(); }

  std::string socket() const { return folder_ / "redis.sock"; }
  int port() const { return port_; }  // 0 without one
  pid_t pid() const { return pid_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  std::string log() const { return readWholeFile(folder_ / "redis.log"); }
  // The keys `scheme` and `path` of a configuration.
  Json connection() const { return {{"scheme", "unix"}, {"path", socket()}}; }

  // As a stranger sees it who uses another client: text as text, whatever its bytes, lists as lists. An error of the
  // server is thrown as a std::runtime_error with its words.
  Json ask(const std::vector<std::string_view>& words);

  // Lets time pass there: of a Shifted or Manual server.
  void advance(Duration by);
  // As empty as it began; a Manual clock stands where it began.
  void startOver();

 private:
  void writeConfiguration(const Settings& settings) const;
  void run() const;
  bool answers() const;
  void end(int signal);

  TempDir folder_;
  Time time_;
  int port_ = 0;
  pid_t pid_ = 0;
  ShiftedTime* page_ = nullptr;  // in a file that the server maps as well
};

// The server that all tests of this program share which need no other: started by the first, emptied for each that
// asks.
RedisServer& sharedRedisServer(RedisServer::Time time = RedisServer::Time::Machine);

}  // namespace leptir
