// The program of the fault tests. Its tasks write a ledger of their runs, and many of them misbehave.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "tests/chaos/chaos_tasks.h"
#include "tests/chaos/ledger.h"

int main(int argc, char** argv) {
  leptir::Program program;
  leptir::chaos::addChaosTasks(program.tasks);
  // With LEPTIR_CHAOS_STARTS each worker appends a line to that file at its start, and aborts.
  if (const char* const starts = std::getenv("LEPTIR_CHAOS_STARTS")) {
    program.onWorkerStart([starts] {
      using namespace leptir::chaos;
      append(starts, {Mark::Start, "worker", 0, ::getppid(), ::getpid(), bootNsNow()});
      std::abort();
    });
  }
  return leptir::runMain(argc, argv, program);
}
