// Starts the MongoDB server of the tests for a measurement, in a temporary folder: a mongod, else FerretDB. Prints its
// name and its address, a line each, and ends with its standard input.
#include <fmt/format.h>

#include <cstdio>

#include "tests/support/mongodb_server.h"

int main() try {
  leptir::MongodbServer server;
  fmt::print("{}\n{}\n", server.kind().name, server.uri());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
} catch (const std::exception& error) {
  fmt::print(stderr, "mongodb_server: {}\n", error.what());
  return 1;
}
