// says: give the struct the macro NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT
#include <leptir/leptir.h>

struct Resize {
  int width = 640;
};

int main(int argc, char** argv) {
  leptir::Program program;
  program.tasks.add<Resize>("image.resize", [](const Resize&, leptir::TaskContext&) {});
  return leptir::runMain(argc, argv, program);
}
