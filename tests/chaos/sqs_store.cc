#include "tests/chaos/sqs_store.h"

#include <stdexcept>

#include "tests/chaos/without_mark.h"
#include "tests/support/sqs_proxy.h"
#include "tests/support/sqs_server.h"

namespace leptir::chaos {
namespace {

namespace fs = std::filesystem;

class SqsStore final : public StoreServer {
 public:
  SqsStore() { proxy_.requireKeys({"AKIDCHAOS", "secret"}); }

  void stop() override { server_.stop(); }
  void start() override {
    const WithoutMark unmarked;
    server_.start();
  }
  void kill() override { server_.kill(); }
  void limitMemory(std::size_t) override { throw std::logic_error("a queue of Amazon SQS has no limit of memory"); }
  // MayNotWrite: the keys have lost their rights. IsBusy: the account has sent too many requests.
  void refuse(Refusal how) override {
    SqsFault fault{.status = 403, .code = "AccessDenied", .message = "User is not authorized to perform this action"};
    if (how == Refusal::IsBusy) fault = {.status = 400, .code = "RequestThrottled", .message = "Request is throttled"};
    fault.times = SqsFault::kAlways;
    proxy_.inject("*", fault);
  }
  void serveAgain() override { proxy_.heal(); }
  long refused() override { return proxy_.faults(); }
  void partition() override { proxy_.freeze(); }
  void heal() override { proxy_.thaw(); }

  std::string throughProxy() const { return broker(proxy_.queueAddress(queue_.name())); }
  std::string direct() const { return broker(queue_.address()); }

 private:
  static std::string broker(const std::string& address) {
    return "type: sqs, connection: { sqs_queue: \"" + address +
           "\", region: us-east-1, sqs_key: AKIDCHAOS, sqs_secret: secret }";
  }

  SqsServer server_{{.memory = SqsServer::Memory::Durable}};
  SqsTestQueue queue_{server_};
  SqsProxy proxy_{server_};
};

}  // namespace

// Records, and the second store, lie in files: SQS keeps no records.
Store openSqsStore(const fs::path& folder) {
  const auto file = [&](const char* name) {
    return "type: sqlite, connection: { path: " + (folder / name).string() + " }";
  };
  auto server = std::make_shared<SqsStore>();
  return {.here = server->throughProxy(),
          .elsewhere = file("other/leptir.db"),
          .server = server,
          .direct = server->direct(),
          .recordsElsewhere = file("leptir.db")};
}

}  // namespace leptir::chaos
