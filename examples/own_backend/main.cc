// A program with a backend of its own, which its configuration names like leptir's: docs/guide/own-backend.md.
#include <leptir/leptir.h>

#include "folder_backend.h"

int main(int argc, char** argv) {
  leptir::Program program;
  leptir::addTestTasks(program.tasks);
  program.backends.add<folder::FolderBackend>();
  return leptir::runMain(argc, argv, program);
}
