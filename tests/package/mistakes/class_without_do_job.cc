// says: override `leptir::ExitStatus doJob()`
#include <leptir/leptir.h>

class Resize : public leptir::BaseTask {};

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<Resize>("image.resize");
}
