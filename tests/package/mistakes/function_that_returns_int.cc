// says: returns nothing, a leptir::ExitStatus, or a leptir::Json
#include <leptir/leptir.h>

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<leptir::Json>("x", [](const leptir::Json&, leptir::TaskContext&) { return 0; });
}
