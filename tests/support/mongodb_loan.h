// For tests: the MongoDB servers that the test programs of one run use one after the other, so that not each of
// hundreds of processes has to start a server. A server that runs is kept by a process of its own (mongodb_keeper.cc);
// the files by which a test finds it lie in the folder that LEPTIR_TEST_SERVERS names (tools/run-tests).
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/unique_fd.h"
#include "tests/support/mongodb_server.h"

namespace leptir {

// A server that this process alone uses while the object lives.
struct MongodbLoan {
  std::string uri;
  std::filesystem::path clock;  // the file of a ShiftedPage; empty: the server has the machine's clock
  base::UniqueFd claim;         // the lock of MongodbLoanFiles::claim
};

struct MongodbLoanFiles {
  MongodbLoanFiles(const std::filesystem::path& folder, const std::string& server);

  std::filesystem::path claim;  // locked by the process that uses the server or ends it
  std::filesystem::path offer;  // exists while the server accepts commands: JSON with `uri`, `clock` and `keeper` (pid)
  std::filesystem::path log;    // what the keeper printed
};

// Null: no run lends servers. Else the first server with these options that no other process uses; starts one if there
// is none. Throws a std::runtime_error with the server's words if it does not start.
std::unique_ptr<MongodbLoan> borrowMongodbServer(const MongodbServer::Options& options);

// The content of the file `offer`; null if there is none.
Json mongodbOffer(const MongodbLoanFiles& files);

// Whether the process that made the folder still holds the lock by which it says that the run goes on.
bool isRunGoingOn(const std::filesystem::path& folder);

// Creates the file if there is none. Empty: another process has locked it.
base::UniqueFd tryToLock(const std::filesystem::path& file);

}  // namespace leptir
