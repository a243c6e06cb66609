// For tests: the servers that the test programs of one run use one after the other, so that not each of hundreds of
// processes has to start a server. A server that runs is kept by a process of its own (mongodb_keeper.cc,
// sqs_keeper.cc); the files by which a test finds it lie in the folder that LEPTIR_TEST_SERVERS names
// (tools/run-tests).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "leptir/json.h"

namespace leptir {

// Servers of which a test may have any.
struct LentServers {
  std::string kind;                                // mongodb, sqs: the program <kind>_keeper keeps them
  std::vector<std::string> options;                // further words for that program
  std::function<bool(const Json& offer)> answers;  // whether the server of the offer can be used
};

// A server that this process alone uses while the object lives.
struct ServerLoan {
  Json offer;            // where the server is, as its keeper has written it
  base::UniqueFd claim;  // the lock of ServerLoanFiles::claim
};

struct ServerLoanFiles {
  ServerLoanFiles(const std::filesystem::path& folder, const std::string& server);

  std::filesystem::path claim;  // locked by the process that uses the server or ends it
  std::filesystem::path offer;  // JSON, while the server can be used; its `keeper` is the pid of the keeper
  std::filesystem::path log;    // what the keeper printed
};

// Null: no run lends servers. Else the first of these servers that no other process uses; starts one if there is none.
// Throws a std::runtime_error with the server's words if it does not start.
std::unique_ptr<ServerLoan> borrowServer(const LentServers& servers);

// For a keeper: offers the server, and returns when no test can begin to use it any more: none has used it for a while,
// or the run is over, or a test has taken away the offer, since the server did not answer. The keeper then calls `end`.
void keepServer(const std::filesystem::path& folder, const std::string& server, Json offer,
                const std::function<void()>& end);

// The content of the file `offer`; null if there is none.
Json serverOffer(const ServerLoanFiles& files);

// Whether the process that made the folder still holds the lock by which it says that the run goes on.
bool isRunGoingOn(const std::filesystem::path& folder);

// Creates the file if there is none. Empty: another process has locked it.
base::UniqueFd tryToLock(const std::filesystem::path& file);

}  // namespace leptir
