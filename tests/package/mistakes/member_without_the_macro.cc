// says: no task parameters can be read into this type
#include <leptir/leptir.h>

struct Size {
  int width = 640;
};

struct Resize {
  Size size;
};
LEPTIR_PARAMETERS(Resize, size)

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<Resize>("image.resize", [](const Resize&, leptir::TaskContext&) {});
}
