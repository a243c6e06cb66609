// Starts the emulator of Amazon SQS of the tests for a measurement, and makes a queue in it. Prints the address of the
// queue, and ends with its standard input.
#include <fmt/format.h>

#include <cstdio>

#include "tests/support/sqs_server.h"

int main() try {
  leptir::SqsServer server;
  fmt::print("{}\n", server.createQueue("bench"));
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
} catch (const std::exception& error) {
  fmt::print(stderr, "sqs_server: {}\n", error.what());
  return 1;
}
