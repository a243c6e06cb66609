#include <unistd.h>

#include <fstream>
#include <thread>

#include "tests/support/server_loan.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kUnusedAtMost = 20s;
constexpr auto kPause = 500ms;

// The file is complete as soon as it is there.
void publish(Json offer, const ServerLoanFiles& files) {
  const auto draft = files.offer.string() + ".new";
  offer["keeper"] = ::getpid();
  std::ofstream(draft) << offer.dump();
  fs::rename(draft, files.offer);
}

bool isOurs(const Json& offer) {
  return offer.is_object() && offer.value("keeper", 0) == ::getpid();
}

}  // namespace

void keepServer(const fs::path& folder, const std::string& server, Json offer, const std::function<void()>& end) {
  const ServerLoanFiles files(folder, server);
  publish(std::move(offer), files);
  auto used = std::chrono::steady_clock::now();
  while (isRunGoingOn(folder) && isOurs(serverOffer(files))) {
    if (const auto claim = tryToLock(files.claim); !claim) {
      used = std::chrono::steady_clock::now();
    } else if (std::chrono::steady_clock::now() - used > kUnusedAtMost) {
      fs::remove(files.offer);
      return end();  // the claim is ours until the server has ended
    }
    std::this_thread::sleep_for(kPause);
  }
  end();
}

}  // namespace leptir
