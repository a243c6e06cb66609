// A user's program whose tasks write a ledger, and do to the machine what tasks should not.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "tests/chaos/chaos_tasks.h"
#include "tests/chaos/ledger.h"

int main(int argc, char** argv) {
  leptir::Program program;
  leptir::chaos::addChaosTasks(program.tasks);
  // Each start of a worker is a line; where the environment says so it is the last thing that it does.
  if (const char* const starts = std::getenv("LEPTIR_CHAOS_STARTS")) {
    program.onWorkerStart([starts] {
      using namespace leptir::chaos;
      append(starts, {Mark::Start, "worker", 0, ::getppid(), ::getpid(), bootNsNow()});
      std::abort();
    });
  }
  return leptir::runMain(argc, argv, program);
}
