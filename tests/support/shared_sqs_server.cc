#include <map>
#include <stdexcept>

#include "tests/support/server_loan.h"
#include "tests/support/sqs_server.h"

namespace leptir {
namespace {

// Also undoes what a test that failed has left.
bool answers(const Json& offer) {
  try {
    SqsServer(std::make_unique<ServerLoan>(offer, base::UniqueFd())).limitVisibility(std::chrono::hours(12));
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::unique_ptr<SqsServer> makeShared(SqsServer::Time time) {
  auto loan = borrowSqsServer(time);
  if (loan) return std::make_unique<SqsServer>(std::move(loan));
  return std::make_unique<SqsServer>(SqsServer::Options{.time = time});
}

}  // namespace

std::unique_ptr<ServerLoan> borrowSqsServer(SqsServer::Time time) {
  return borrowServer({"sqs", {std::to_string(static_cast<int>(time))}, answers});
}

SqsServer& sharedSqsServer(SqsServer::Time time) {
  static std::map<SqsServer::Time, std::unique_ptr<SqsServer>> servers;
  auto& server = servers[time];
  if (server == nullptr) server = makeShared(time);
  server->resetClock();
  return *server;
}

}  // namespace leptir
