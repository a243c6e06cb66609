// Keeps an emulator of Amazon SQS for the test programs of one run (server_loan.h). It ends with the run, also if that
// was killed, and when no test has used the emulator for a while.
// Arguments: the folder of the run, the name of the server, then SqsServer::Time.
#include <fmt/format.h>

#include <cstdio>
#include <optional>
#include <stdexcept>

#include "tests/support/server_loan.h"
#include "tests/support/sqs_server.h"

int main(int argc, char** argv) try {
  if (argc != 4) throw std::invalid_argument("FOLDER SERVER TIME");
  const int time = std::stoi(argv[3]);
  std::optional<leptir::SqsServer> server;
  server.emplace(leptir::SqsServer::Options{.time = leptir::SqsServer::Time(time)});
  leptir::keepServer(argv[1], argv[2],
                     {{"port", server->port()}, {"time", time}, {"clock", server->clockFile().string()}},
                     [&] { server.reset(); });
} catch (const std::exception& error) {
  fmt::print(stderr, "sqs_keeper: {}\n", error.what());
  return 1;
}
