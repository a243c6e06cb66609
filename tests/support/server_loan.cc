#include "tests/support/server_loan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/folders.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;

Json startServer(const fs::path& folder, const std::string& server, const LentServers& servers) {
  const ServerLoanFiles files(folder, server);
  fs::remove(files.offer);  // the keeper of a server that does not answer ends when its offer is gone
  ServerProgram program{{buildFolder() / (servers.kind + "_keeper"), folder, server}, files.log};
  program.words.insert(program.words.end(), servers.options.begin(), servers.options.end());
  const pid_t keeper = startApart(program);
  const auto hasEnded = [&] { return ::waitpid(keeper, nullptr, WNOHANG) != 0; };
  if (!waitUntil([&] { return fs::exists(files.offer) || hasEnded(); }, std::chrono::minutes(1)) ||
      !fs::exists(files.offer))
    throw std::runtime_error("no server for this run of the tests: " + readWholeFile(files.log));
  return serverOffer(files);
}

}  // namespace

ServerLoanFiles::ServerLoanFiles(const fs::path& folder, const std::string& server)
    : claim(folder / (server + ".claim")), offer(folder / (server + ".json")), log(folder / (server + ".log")) {}

std::unique_ptr<ServerLoan> borrowServer(const LentServers& servers) {
  const char* const told = std::getenv("LEPTIR_TEST_SERVERS");
  const fs::path folder = told == nullptr ? "" : told;
  if (folder.empty() || !isRunGoingOn(folder)) return {};
  for (int number = 1;; ++number) {
    const auto server = fmt::format("{}-{}-{}", servers.kind, fmt::join(servers.options, ""), number);
    const ServerLoanFiles files(folder, server);
    auto claim = tryToLock(files.claim);
    if (!claim) continue;
    auto offer = serverOffer(files);
    if (offer.is_null() || !servers.answers(offer)) offer = startServer(folder, server, servers);
    return std::make_unique<ServerLoan>(std::move(offer), std::move(claim));
  }
}

Json serverOffer(const ServerLoanFiles& files) {
  return parseJson(readWholeFile(files.offer)).value_or(Json());
}

bool isRunGoingOn(const fs::path& folder) {
  const auto run = folder / "run";
  return fs::exists(run) && !tryToLock(run);
}

base::UniqueFd tryToLock(const fs::path& file) {
  base::UniqueFd opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (opened && ::flock(opened.get(), LOCK_EX | LOCK_NB) == 0) return opened;
  if (!opened || errno != EWOULDBLOCK) throw std::runtime_error("cannot lock " + file.string());
  return {};
}

}  // namespace leptir
