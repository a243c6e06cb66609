#include "tests/support/mongodb_process.h"

#include <stdexcept>

#include "tests/support/certificates.h"
#include "tests/support/mongodb_ask.h"
#include "tests/support/wait_until.h"

namespace leptir {

MongodbProcess::MongodbProcess(const MongodbServer::Options& options) : options_(options), port_(freePort()) {
  if (options.time != MongodbServer::Time::Machine) {
    const bool stands = options.time == MongodbServer::Time::Manual;
    clock_.emplace(folder_ / "clock", stands ? ShiftedPage::Clock::StandsAtTheStart : ShiftedPage::Clock::Runs);
  }
  if (hasTls()) makeCertificate();
}

void MongodbProcess::makeCertificate() const {
  const auto& authority = sharedAuthority();
  authority.sign("mongodb", "DNS:localhost,IP:127.0.0.1");
  folder_.write("certificate.pem",
                readWholeFile(authority.file("mongodb.pem")) + readWholeFile(authority.file("mongodb.key")));
}

void MongodbProcess::start() {
  launch();
  while (!waitUntil([this] { return front_.hasEnded() || answers(); }) || front_.hasEnded()) {
    const bool isPortTaken = log().ends_with("address already in use\n");
    if (!isPortTaken) throw std::runtime_error("the MongoDB server does not start: " + log());
    port_ = freePort();
    launch();
  }
}

bool MongodbProcess::answers() {
  try {
    if (!isPrepared_) prepare();
    isPrepared_ = true;
    askMongodb(uri(""), "admin", R"({"ping": 1})");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string MongodbProcess::uri(const std::string& options) const {
  return address(hasUsers() ? "leptir:leptir@" : "", options);
}

std::string MongodbProcess::address(const std::string& user, const std::string& options) const {
  std::string all = hasTls() ? "tls=true&tlsCAFile=" + sharedAuthority().file("ca.pem") : "";
  if (!options.empty()) all += (all.empty() ? "" : "&") + options;
  return "mongodb://" + user + "127.0.0.1:" + std::to_string(port_) + "/?" + all;
}

}  // namespace leptir
