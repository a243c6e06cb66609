#include "tests/support/mongodb_process.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include "tests/support/certificates.h"
#include "tests/support/mongodb_ask.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

// So many ports are tried, if others have taken them meanwhile.
constexpr int kMaxPorts = 5;

}  // namespace

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

std::string MongodbProcess::authority() {
  return sharedAuthority().file("ca.pem");
}

void MongodbProcess::start() {
  launch();
  for (int ports = 1; !waitUntil([this] { return front_.hasEnded() || answers(); }) || front_.hasEnded(); ++ports) {
    const bool isPortTaken = log().find("ddress already in use") != std::string::npos;
    if (!isPortTaken || ports == kMaxPorts)
      throw std::runtime_error("the MongoDB server does not start: " + whyNot_ + "\n" + log());
    port_ = freePort();
    launch();
  }
}

bool MongodbProcess::answers() {
  try {
    if (!isPrepared_) prepare();
    isPrepared_ = true;
    // Another program may listen on the port and answer nothing.
    const auto impatient = uri("connectTimeoutMS=500&socketTimeoutMS=5000");
    const auto ask = [&](const std::string& command) { return askMongodb(impatient, "admin", command); };
    if (ask(R"({"serverStatus": 1})").value("pid", 0) != front_.pid()) return false;  // it is that of another test
    return ask(R"({"hello": 1})").value("isWritablePrimary", false);
  } catch (const std::runtime_error& error) {
    whyNot_ = error.what();
    return false;
  }
}

std::string MongodbProcess::uri(const std::string& options) const {
  return address(hasUsers() ? "leptir:leptir@" : "", {ownOptions(), options});
}

std::string MongodbProcess::address(const std::string& user, std::vector<std::string> options) const {
  if (hasTls()) options.push_back("tls=true&tlsCAFile=" + authority());
  if (wantsCertificates()) options.push_back("tlsCertificateKeyFile=" + certificate());
  std::erase(options, "");
  return fmt::format("mongodb://{}127.0.0.1:{}/?{}", user, port_, fmt::join(options, "&"));
}

}  // namespace leptir
