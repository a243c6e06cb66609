#include "tests/support/mongodb_loan.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/mongodb_ask.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_until.h"

namespace leptir {
namespace {

namespace fs = std::filesystem;

// The words by which mongodb_keeper.cc gets the options.
std::vector<std::string> wordsOf(const MongodbServer::Options& options) {
  return {std::to_string(static_cast<int>(options.transport)), std::to_string(static_cast<int>(options.access)),
          std::to_string(static_cast<int>(options.time))};
}

bool answers(const Json& offer) {
  if (offer.is_null()) return false;
  try {
    askMongodb(offer.at("uri"), "admin", R"({"ping": 1})");
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

Json startServer(const fs::path& folder, const std::string& server, const MongodbServer::Options& options) {
  const MongodbLoanFiles files(folder, server);
  fs::remove(files.offer);  // the keeper of a server that does not answer ends when its offer is gone
  ServerProgram program{{LEPTIR_MONGODB_KEEPER, folder, server}, files.log};
  for (auto& word : wordsOf(options)) program.words.push_back(std::move(word));
  const pid_t keeper = startApart(program);
  const auto hasEnded = [&] { return ::waitpid(keeper, nullptr, WNOHANG) != 0; };
  if (!waitUntil([&] { return fs::exists(files.offer) || hasEnded(); }, std::chrono::minutes(1)) ||
      !fs::exists(files.offer))
    throw std::runtime_error("no MongoDB server for this run of the tests: " + readWholeFile(files.log));
  return mongodbOffer(files);
}

}  // namespace

MongodbLoanFiles::MongodbLoanFiles(const fs::path& folder, const std::string& server)
    : claim(folder / (server + ".claim")), offer(folder / (server + ".json")), log(folder / (server + ".log")) {}

std::unique_ptr<MongodbLoan> borrowMongodbServer(const MongodbServer::Options& options) {
  const char* const told = std::getenv("LEPTIR_TEST_SERVERS");
  const fs::path folder = told == nullptr ? "" : told;
  if (folder.empty() || !isRunGoingOn(folder)) return {};
  for (int number = 1;; ++number) {
    const auto server = fmt::format("mongodb-{}-{}", fmt::join(wordsOf(options), ""), number);
    const MongodbLoanFiles files(folder, server);
    auto claim = tryToLock(files.claim);
    if (!claim) continue;
    auto offer = mongodbOffer(files);
    if (!answers(offer)) offer = startServer(folder, server, options);
    return std::make_unique<MongodbLoan>(offer.at("uri"), offer.at("clock").get<std::string>(), std::move(claim));
  }
}

Json mongodbOffer(const MongodbLoanFiles& files) {
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
