// For tests: a real server that speaks MongoDB's protocol, on a port of its own and with its data in a temporary
// folder; it ends with the object. It is a mongod, as a replica set of one, where one is on the PATH, else the FerretDB
// that tools/setup-mongodb has set up.
#pragma once

#include <gtest/gtest.h>

#include <compare>
#include <filesystem>
#include <memory>
#include <string>

#include "leptir/clock.h"
#include "leptir/json.h"

namespace leptir {

class MongodbProcess;
struct ServerLoan;
class ShiftedPage;

class MongodbServer {
 public:
  // MutualTls: clients need a certificate that sharedAuthority() has signed.
  enum class Transport { Plain, Tls, MutualTls };
  // Who may use it: every client, or the user leptir, who has all rights, and users that the test creates.
  enum class Access { Everyone, Users };
  // The wall clock of the server, and so of $$NOW: that of the machine; that of the machine plus an offset that the
  // test sets (Shifted); or one that stands at the start of a ManualClock until the test moves it (Manual). A server
  // whose clock is not the machine's is a FerretDB. Its `hello` has the machine's time in localTime whatever the clock
  // says.
  enum class Time { Machine, Shifted, Manual };
  struct Options {
    Transport transport = Transport::Plain;
    Access access = Access::Everyone;
    Time time = Time::Machine;

    friend auto operator<=>(const Options& a, const Options& b) = default;
  };
  // What the server is, and what it can do beyond the commands that all have.
  struct Kind {
    std::string name;  // "FerretDB v2.7.0", "MongoDB 7.0.14"
    bool isFerretdb = false;
    // It is part of a replica set or a sharded cluster: retryable writes, transactions and change streams work.
    bool isReplicated = false;
  };

  // Starts the server and returns when it answers. Throws a std::runtime_error with the server's words if it does not
  // start, or with what to do where this machine has none.
  explicit MongodbServer(const Options& options);
  MongodbServer() : MongodbServer(Options{}) {}
  // The server that LEPTIR_TEST_MONGODB names; it can be neither stopped nor frozen.
  explicit MongodbServer(std::string uri);
  // A server that several test programs use one after the other; it, too, can be neither stopped nor frozen.
  explicit MongodbServer(std::unique_ptr<ServerLoan> loan);
  ~MongodbServer();
  MongodbServer(const MongodbServer&) = delete;
  MongodbServer& operator=(const MongodbServer&) = delete;

  // Starts a stopped server again, with the data in its folder, on the same port.
  void start();
  void stop();    // as on a shutdown of the machine
  void kill();    // a crash: nothing is written any more, and connections break
  void freeze();  // connections are accepted and never answered
  void thaw();
  void restart() { stop(), start(); }

  std::string host() const { return host_; }
  int port() const { return port_; }
  // The address for clients, with user, password and the certificate's authority where the server wants them.
  // `options` are added, as in "retryWrites=false&appName=x".
  std::string uri(const std::string& options = "") const;
  std::string user() const { return "leptir"; }
  std::string password() const { return "leptir"; }
  std::string log() const;
  const Kind& kind() const { return kind_; }

  // Sends a command with libmongoc, independently of leptir's client. The command is extended JSON, whose first key is
  // the command's name; so is the reply, in the relaxed form. Throws a std::runtime_error with the server's words on an
  // error; errors in `writeErrors` and `writeConcernError` are the caller's. (The reply to a find has at most 101
  // documents, unless its `batchSize` says more.)
  Json ask(const std::string& database, const std::string& command);

  // Moves the clock of a Shifted or Manual server forward.
  void advance(Duration by);
  // Sets a Manual clock back to its start.
  void resetClock();
  // The file of the ShiftedPage of a server whose clock is not the machine's; else empty.
  std::filesystem::path clockFile() const;

 private:
  void useGiven();
  ShiftedPage* clock() const;

  std::unique_ptr<MongodbProcess> process_;  // empty: not ours
  std::unique_ptr<ServerLoan> loan_;
  std::unique_ptr<ShiftedPage> lentClock_;
  std::string host_, given_;
  int port_ = 0;
  Kind kind_;
};

// A database of a name that no other test has and that cannot be guessed; it is dropped with the object.
class MongodbDatabase {
 public:
  explicit MongodbDatabase(MongodbServer& server);
  ~MongodbDatabase();
  MongodbDatabase(const MongodbDatabase&) = delete;
  MongodbDatabase& operator=(const MongodbDatabase&) = delete;

  MongodbServer& server() const { return server_; }
  const std::string& name() const { return name_; }
  Json ask(const std::string& command) { return server_.ask(name_, command); }

 private:
  MongodbServer& server_;
  std::string name_;
};

// The server that the tests of a program share, each with a MongodbDatabase of its own: for default options the one
// that LEPTIR_TEST_MONGODB names; else one that the run lends to this process until it ends (server_loan.h); else one
// that the first call starts. A Manual clock is at its start after each call.
MongodbServer& sharedMongodbServer(const MongodbServer::Options& options = {});
inline MongodbServer& sharedMongodbServer(MongodbServer::Time time) {
  return sharedMongodbServer({.time = time});
}

// A server with these options of the run, which no other process uses meanwhile; null: no run lends servers.
std::unique_ptr<ServerLoan> borrowMongodbServer(const MongodbServer::Options& options);

}  // namespace leptir
