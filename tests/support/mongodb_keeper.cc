// Keeps a MongoDB server for the test programs of one run (server_loan.h). It ends with the run, also if that was
// killed, and when no test has used the server for a while.
// Arguments: the folder of the run, the name of the server, then transport, access and time of MongodbServer::Options.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <stdexcept>

#include "tests/support/mongodb_server.h"
#include "tests/support/server_loan.h"

int main(int argc, char** argv) try {
  if (argc != 6) throw std::invalid_argument("FOLDER SERVER TRANSPORT ACCESS TIME");
  leptir::MongodbServer::Options options;
  options.transport = leptir::MongodbServer::Transport(std::stoi(argv[3]));
  options.access = leptir::MongodbServer::Access(std::stoi(argv[4]));
  options.time = leptir::MongodbServer::Time(std::stoi(argv[5]));
  std::optional<leptir::MongodbServer> server(std::in_place, options);
  leptir::keepServer(argv[1], argv[2], {{"uri", server->uri()}, {"clock", server->clockFile().string()}},
                     [&] { server.reset(); });
} catch (const std::exception& error) {
  fmt::print(stderr, "mongodb_keeper: {}\n", error.what());
  return 1;
}
