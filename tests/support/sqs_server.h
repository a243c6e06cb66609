// For tests: a real emulator of Amazon SQS on a port of its own of 127.0.0.1; it ends with the object. It is the one
// that tools/setup-sqs has set up (docs/adr/an-emulator-of-sqs.md), with the additions of sqs_emulator.mjs.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "leptir/clock.h"
#include "leptir/json.h"
#include "tests/support/server_process.h"
#include "tests/support/shifted_page.h"
#include "tests/support/temp_dir.h"

namespace leptir {

struct ServerLoan;

class SqsServer {
 public:
  // The wall clock of the server: that of the machine; that of the machine plus an offset that the test sets (Shifted);
  // or one that stands at the start of a ManualClock until the test moves it (Manual). How long a receive waits is
  // measured by the machine's clock in any case.
  enum class Time { Machine, Shifted, Manual };
  // Whether queues and messages outlive the process.
  enum class Memory { Volatile, Durable };
  struct Options {
    Time time = Time::Machine;
    Memory memory = Memory::Volatile;
  };

  // Starts the server and returns when it answers. Throws a std::runtime_error with the emulator's words if it does not
  // start, or with what to do where this machine has none.
  explicit SqsServer(const Options& options);
  SqsServer() : SqsServer(Options{}) {}
  // A server that several test programs use one after the other; it can be neither stopped nor frozen. A Shifted clock
  // begins at the machine's time, a Manual one at its start.
  explicit SqsServer(std::unique_ptr<ServerLoan> loan);
  ~SqsServer();
  SqsServer(const SqsServer&) = delete;
  SqsServer& operator=(const SqsServer&) = delete;

  int port() const { return port_; }
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string log() const { return readWholeFile(folder_ / "sqs.log"); }
  // The file of the ShiftedPage of a server whose clock is not the machine's; else empty.
  std::filesystem::path clockFile() const { return clock_ ? clock_->file() : ""; }

  // Sends a request without leptir's client; `action`: SendMessage, …. Throws a std::runtime_error with the server's
  // code and words on an error; errors of the entries of a batch are the caller's.
  Json ask(const std::string& action, const Json& request);

  // Makes an empty queue; `attributes` is a JSON object as of CreateQueue. Returns its address.
  std::string createQueue(const std::string& name, const std::string& attributes = "{}");
  void deleteQueue(const std::string& name);
  std::string queueAddress(const std::string& name) const { return endpoint() + "/000000000000/" + name; }

  // Starts a stopped server again, on the same port.
  void start();
  void stop() { ours().end(SIGTERM); }
  void kill() { ours().end(SIGKILL); }
  void restart() { kill(), start(); }
  void freeze() { ours().freeze(); }  // connections are accepted and never answered
  void thaw() { ours().thaw(); }

  // Moves the clock of a Shifted or Manual server forward.
  void advance(Duration by);
  // Sets a Manual clock back to its start, and a Shifted one to the machine's time.
  void resetClock();
  // A message can stay invisible for so long after its receive; at first, and on AWS, 12 h.
  void limitVisibility(Duration limit);

 private:
  Json post(const std::string& path, const std::string& action, const Json& body);
  void openClock(const std::filesystem::path& file);
  ServerProcess& ours();

  TempDir folder_;
  const Options options_;
  std::unique_ptr<ServerLoan> loan_;  // empty: the server is ours
  std::optional<ShiftedPage> clock_;  // empty: the machine's
  int port_ = 0;
  ServerProcess process_;
};

// A queue with a name that no other test has, also in other processes; it is deleted with the object.
class SqsTestQueue {
 public:
  explicit SqsTestQueue(SqsServer& server, const std::string& attributes = "{}");
  ~SqsTestQueue();
  SqsTestQueue(const SqsTestQueue&) = delete;
  SqsTestQueue& operator=(const SqsTestQueue&) = delete;

  SqsServer& server() const { return server_; }
  const std::string& name() const { return name_; }
  std::string address() const { return server_.queueAddress(name_); }
  // SqsServer::ask with this queue as QueueUrl.
  Json ask(const std::string& action, Json request = Json::object());

 private:
  SqsServer& server_;
  std::string name_;
};

// The server that the tests of a program share, each with a queue of its own: one that the run lends to this process
// until it ends (server_loan.h), else one that the first call starts. Each call resets its clock.
SqsServer& sharedSqsServer(SqsServer::Time time = SqsServer::Time::Machine);

// A server of the run that no other process uses meanwhile; null: no run lends servers.
std::unique_ptr<ServerLoan> borrowSqsServer(SqsServer::Time time);

}  // namespace leptir
