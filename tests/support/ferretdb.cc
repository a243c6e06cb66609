// FerretDB over PostgreSQL with DocumentDB, which tools/setup-mongodb has put below one folder.
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "tests/support/mongodb_process.h"
#include "tests/support/other_user.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;

class Ferretdb final : public MongodbProcess {
 public:
  explicit Ferretdb(const MongodbServer::Options& options) : MongodbProcess(options) {
    fs::copy(server_ / "template", data_, fs::copy_options::recursive);
    if (::geteuid() == 0) giveAwayData();
  }
  ~Ferretdb() override {
    front_.end(SIGKILL);
    postgresql_.end(SIGQUIT);
  }

  void stop() override {
    front_.end(SIGTERM);
    postgresql_.end(SIGINT);
  }
  // Only the server that clients see crashes. The indexes of DocumentDB do not always survive a crash of PostgreSQL:
  // "right sibling of RUM page is of different type".
  void kill() override {
    front_.end(SIGKILL);
    postgresql_.end(SIGINT);
  }
  std::string log() const override {
    return readWholeFile(folder_ / "postgresql.log") + readWholeFile(folder_ / "ferretdb.log");
  }

 private:
  void launch() override;
  void startPostgresql();
  // PostgreSQL refuses to run as root: it then runs as kOtherUser, with the one right of root that lets it reach its
  // files wherever they lie.
  std::vector<std::string> unprivileged() const;
  void giveAwayData() const;

  const fs::path server_ = ferretdbFolder();
  const fs::path data_ = folder_ / "data";
  ServerProcess postgresql_;
};

void Ferretdb::giveAwayData() const {
  for (const auto& each : fs::recursive_directory_iterator(data_)) giveTo(kOtherUser, each.path());
  giveTo(kOtherUser, data_);
  giveTo(kOtherUser, folder_.path());  // for the socket
}

std::vector<std::string> Ferretdb::unprivileged() const {
  if (::geteuid() != 0) return {};
  const auto user = std::to_string(kOtherUser);
  return {"setpriv",
          "--reuid=" + user,
          "--regid=" + user,
          "--clear-groups",
          "--inh-caps=+dac_override",
          "--ambient-caps=+dac_override",
          "--securebits=+no_setuid_fixup",  // access(2) respects the right as well
          "--pdeathsig=QUIT"};              // a change of the user clears what the test has asked for
}

void Ferretdb::startPostgresql() {
  const auto sockets = folder_.path().string();
  ServerProgram program{unprivileged(), folder_ / "postgresql.log"};
  program.words.insert(program.words.end(), {server_ / "postgresql/usr/lib/postgresql/18/bin/postgres", "-D", data_,
                                             "-c", "unix_socket_directories=" + sockets, "-c",
                                             "documentdb.localhost_connection_string=host=" + sockets});
  if (clock_) program.variables = clock_->variables();
  program.signalWhenTestDies = SIGQUIT;  // it then ends its own processes, too
  postgresql_.start(program);
  const auto isReady = [&] { return readWholeFile(data_ / "postmaster.pid").find("\nready") != std::string::npos; };
  if (!waitUntil([&] { return postgresql_.hasEnded() || isReady(); }) || postgresql_.hasEnded())
    throw std::runtime_error("PostgreSQL does not start: " + log());
}

void Ferretdb::launch() {
  if (postgresql_.hasEnded()) startPostgresql();
  const auto folder = folder_.path().string();
  ServerProgram program{{server_ / "ferretdb", "--postgresql-url=postgres://postgres@/postgres?host=" + folder,
                         "--state-dir=" + folder, "--telemetry=disable", "--debug-addr=-", "--log-level=error"},
                        folder_ / "ferretdb.log"};
  const auto add = [&](const std::string& word) { program.words.push_back(word); };
  const auto address = "127.0.0.1:" + std::to_string(port());
  add(hasTls() ? "--listen-addr=" : "--listen-addr=" + address);
  if (!hasUsers()) add("--no-auth");
  if (hasTls()) {
    add("--listen-tls=" + address);
    add("--listen-tls-cert-file=" + certificate());
    add("--listen-tls-key-file=" + certificate());
  }
  if (wantsCertificates()) add("--listen-tls-ca-file=" + authority());
  front_.start(program);
}

}  // namespace

std::string ferretdbFolder() {
  const char* const told = std::getenv("LEPTIR_TEST_MONGODB_SERVER");
  const fs::path folder = told != nullptr && *told != '\0' ? told : LEPTIR_MONGODB_SERVER;
  return fs::exists(folder / "ready") ? folder.string() : "";
}

std::unique_ptr<MongodbProcess> makeFerretdb(const MongodbServer::Options& options) {
  return std::make_unique<Ferretdb>(options);
}

}  // namespace leptir
