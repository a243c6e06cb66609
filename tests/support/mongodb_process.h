// For tests: what MongodbServer starts, a FerretDB over PostgreSQL (ferretdb.cc) or a mongod (mongod.cc).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/mongodb_server.h"
#include "tests/support/server_process.h"
#include "tests/support/shifted_page.h"
#include "tests/support/temp_dir.h"

namespace leptir {

class MongodbProcess {
 public:
  explicit MongodbProcess(const MongodbServer::Options& options);
  virtual ~MongodbProcess() = default;
  MongodbProcess(const MongodbProcess&) = delete;
  MongodbProcess& operator=(const MongodbProcess&) = delete;

  // Returns when the server accepts commands.
  void start();
  virtual void stop() = 0;
  virtual void kill() = 0;
  virtual std::string log() const = 0;
  void freeze() { front_.freeze(); }
  void thaw() { front_.thaw(); }

  int port() const { return port_; }
  std::string uri(const std::string& options) const;
  ShiftedPage* clock() { return clock_ ? &*clock_ : nullptr; }

 protected:
  // Starts the processes; front_ listens on port().
  virtual void launch() = 0;
  // Called when the server runs for the first time, again and again until it does not throw a std::runtime_error.
  virtual void prepare() {}
  // What every client needs in the options of its URI.
  virtual std::string ownOptions() const { return ""; }

  bool hasTls() const { return options_.transport != MongodbServer::Transport::Plain; }
  bool wantsCertificates() const { return options_.transport == MongodbServer::Transport::MutualTls; }
  bool hasUsers() const { return options_.access == MongodbServer::Access::Users; }
  // The authority of all certificates, sharedAuthority().
  static std::string authority();
  // The certificate of the server with its key behind it, for localhost and 127.0.0.1. Clients may have it too.
  std::string certificate() const { return folder_ / "certificate.pem"; }
  // A URI with these options and those for TLS.
  std::string address(const std::string& user, std::vector<std::string> options) const;

  const MongodbServer::Options options_;
  TempDir folder_;
  std::optional<ShiftedPage> clock_;  // empty: the machine's
  ServerProcess front_;               // the process that clients are connected to

 private:
  void makeCertificate() const;
  bool answers();

  int port_;
  bool isPrepared_ = false;
  std::string whyNot_;  // what the last answers() found
};

// The folder that tools/setup-mongodb has filled; empty: none.
std::string ferretdbFolder();
std::unique_ptr<MongodbProcess> makeFerretdb(const MongodbServer::Options& options);

bool hasMongod();
std::unique_ptr<MongodbProcess> makeMongod(const MongodbServer::Options& options);

}  // namespace leptir
