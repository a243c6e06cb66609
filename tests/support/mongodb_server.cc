#include "tests/support/mongodb_server.h"

#include <fmt/format.h>
#include <mongoc/mongoc.h>

#include <random>
#include <stdexcept>

#include "tests/support/mongodb_ask.h"
#include "tests/support/mongodb_process.h"
#include "tests/support/server_loan.h"

namespace leptir {
namespace {

std::unique_ptr<MongodbProcess> makeProcess(const MongodbServer::Options& options) {
  if (options.time == MongodbServer::Time::Machine && hasMongod()) return makeMongod(options);
  if (!ferretdbFolder().empty()) return makeFerretdb(options);
  throw std::runtime_error("no MongoDB server can be started here: run tools/setup-mongodb");
}

MongodbServer::Kind kindOf(MongodbServer& server) {
  const auto build = server.ask("admin", R"({"buildInfo": 1})");
  const auto hello = server.ask("admin", R"({"hello": 1})");
  MongodbServer::Kind kind;
  kind.isFerretdb = build.contains("ferretdb");
  kind.name = kind.isFerretdb ? "FerretDB " + build["ferretdb"]["version"].get<std::string>()
                              : "MongoDB " + build["version"].get<std::string>();
  kind.isReplicated = hello.contains("setName") || hello.value("msg", "") == "isdbgrid";
  return kind;
}

MongodbProcess& ours(const std::unique_ptr<MongodbProcess>& process) {
  if (process == nullptr) throw std::logic_error("this server is not the test's own: other tests use it");
  return *process;
}

std::string randomDigits() {
  std::random_device source;
  return fmt::format("{:08x}{:08x}{:08x}", source(), source(), source());
}

}  // namespace

MongodbServer::MongodbServer(const Options& options) : process_(makeProcess(options)) {
  start();
  kind_ = kindOf(*this);
}

MongodbServer::MongodbServer(std::string uri) : given_(std::move(uri)) {
  useGiven();
}

MongodbServer::MongodbServer(std::unique_ptr<ServerLoan> loan)
    : loan_(std::move(loan)), given_(loan_->offer.at("uri").get<std::string>()) {
  const auto clock = loan_->offer.at("clock").get<std::string>();
  if (!clock.empty()) lentClock_ = std::make_unique<ShiftedPage>(clock, ShiftedPage::Clock::StandsAtTheStart);
  useGiven();
}

void MongodbServer::useGiven() {
  const std::unique_ptr<mongoc_uri_t, decltype(&mongoc_uri_destroy)> parsed(mongoc_uri_new(given_.c_str()),
                                                                            &mongoc_uri_destroy);
  if (parsed == nullptr) throw std::runtime_error("no address of a MongoDB server: " + given_);
  host_ = mongoc_uri_get_hosts(parsed.get())->host;
  port_ = mongoc_uri_get_hosts(parsed.get())->port;
  kind_ = kindOf(*this);
}

MongodbServer::~MongodbServer() = default;

void MongodbServer::start() {
  ours(process_).start();
  host_ = "127.0.0.1";
  port_ = process_->port();
}

void MongodbServer::stop() {
  ours(process_).stop();
}

void MongodbServer::kill() {
  ours(process_).kill();
}

void MongodbServer::freeze() {
  ours(process_).freeze();
}

void MongodbServer::thaw() {
  ours(process_).thaw();
}

std::string MongodbServer::uri(const std::string& options) const {
  if (process_ != nullptr) return process_->uri(options);
  if (options.empty()) return given_;
  return given_ + (given_.find('?') == std::string::npos ? "/?" : "&") + options;
}

std::string MongodbServer::log() const {
  return ours(process_).log();
}

Json MongodbServer::ask(const std::string& database, const std::string& command) {
  return askMongodb(uri(), database, command);
}

ShiftedPage* MongodbServer::clock() const {
  return process_ != nullptr ? process_->clock() : lentClock_.get();
}

void MongodbServer::advance(Duration by) {
  if (clock() == nullptr) throw std::logic_error("this server has the machine's clock");
  clock()->advance(by);
}

void MongodbServer::resetClock() {
  if (clock() != nullptr) clock()->startOver();
}

std::filesystem::path MongodbServer::clockFile() const {
  return clock() == nullptr ? "" : clock()->file();
}

MongodbDatabase::MongodbDatabase(MongodbServer& server) : server_(server), name_("leptir_test_" + randomDigits()) {}

MongodbDatabase::~MongodbDatabase() {
  try {
    ask(R"({"dropDatabase": 1})");
  } catch (const std::runtime_error&) {  // the server does not run any more
  }
}

}  // namespace leptir
