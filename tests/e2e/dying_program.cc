// A user's program whose tasks die, each in a way of its own.
#include <leptir/leptir.h>

#include "tests/support/dying_tasks.h"

int main(int argc, char** argv) {
  leptir::Program program;
  leptir::addTestTasks(program.tasks);
  for (const auto& [name, deed] : leptir::waysToDie()) {
    program.tasks.add<leptir::Json>(name, [deed = deed](const leptir::Json&, leptir::TaskContext&) { deed(); });
  }
  return leptir::runMain(argc, argv, program);
}
