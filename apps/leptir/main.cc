// The program `leptir`: runs the test tasks, and programs in any language that its configuration names.
#include "leptir/run_main.h"

int main(int argc, char** argv) {
  leptir::Program program;
  leptir::addTestTasks(program.tasks);
  return leptir::runMain(argc, argv, program);
}
