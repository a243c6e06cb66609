// Keeps a MongoDB server for the test programs of one run (mongodb_loan.h). It ends with the run, also if that was
// killed, and when no test has used the server for a while.
// Arguments: the folder of the run, the name of the server, then transport, access and time of MongodbServer::Options.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>

#include "tests/support/mongodb_loan.h"
#include "tests/support/temp_dir.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kUnusedAtMost = 20s;
constexpr auto kLook = 500ms;

// The file is complete as soon as it is there.
void publish(const MongodbServer& server, const MongodbLoanFiles& files) {
  const auto draft = files.offer.string() + ".new";
  const Json offer{{"uri", server.uri()}, {"clock", server.clockFile().string()}, {"keeper", ::getpid()}};
  std::ofstream(draft) << offer.dump();
  fs::rename(draft, files.offer);
}

bool isOurs(const Json& offer) {
  return offer.is_object() && offer.value("keeper", 0) == ::getpid();
}

// Ends the server when no test can begin to use it: it has the claim, or the run is over, or a test has taken away the
// offer, since the server did not answer.
void keep(std::optional<MongodbServer>& server, const fs::path& folder, const MongodbLoanFiles& files) {
  auto used = std::chrono::steady_clock::now();
  while (isRunGoingOn(folder) && isOurs(mongodbOffer(files))) {
    if (const auto claim = tryToLock(files.claim); !claim) {
      used = std::chrono::steady_clock::now();
    } else if (std::chrono::steady_clock::now() - used > kUnusedAtMost) {
      fs::remove(files.offer);
      server.reset();
      return;
    }
    std::this_thread::sleep_for(kLook);
  }
  server.reset();
}

}  // namespace
}  // namespace leptir

int main(int argc, char** argv) try {
  if (argc != 6) throw std::invalid_argument("FOLDER SERVER TRANSPORT ACCESS TIME");
  const leptir::MongodbLoanFiles files(argv[1], argv[2]);
  leptir::MongodbServer::Options options;
  options.transport = leptir::MongodbServer::Transport(std::stoi(argv[3]));
  options.access = leptir::MongodbServer::Access(std::stoi(argv[4]));
  options.time = leptir::MongodbServer::Time(std::stoi(argv[5]));
  std::optional<leptir::MongodbServer> server(std::in_place, options);
  leptir::publish(*server, files);
  leptir::keep(server, argv[1], files);
} catch (const std::exception& error) {
  fmt::print(stderr, "mongodb_keeper: {}\n", error.what());
  return 1;
}
