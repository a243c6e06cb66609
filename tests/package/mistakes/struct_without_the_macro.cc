// says: no task parameters can be read into this type: write LEPTIR_PARAMETERS(Type, members...) below the struct
#include <leptir/leptir.h>

struct Resize {
  int width = 640;
};

int main(int argc, char** argv) {
  leptir::Program program;
  program.tasks.add<Resize>("image.resize", [](const Resize&, leptir::TaskContext&) {});
  return leptir::runMain(argc, argv, program);
}
