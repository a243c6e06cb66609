// says: derives publicly from leptir::BaseTask
#include <leptir/leptir.h>

struct Resize {
  int width = 640;
};

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<Resize>("image.resize");
}
