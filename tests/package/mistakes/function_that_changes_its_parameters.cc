// says: takes two parameters: [](const Parameters&, leptir::TaskContext&)
#include <leptir/leptir.h>

void addTo(leptir::TaskRegistry& tasks) {
  tasks.add<leptir::Json>("x", [](leptir::Json&, leptir::TaskContext&) {});
}
